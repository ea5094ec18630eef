"""The small faults that a source can have, each one at one place."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
EDGE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
SWAPPED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}


@dataclass(frozen=True)
class Fault:
    """One fault of a module: its number there, its line, and what was done."""

    number: int
    line: int
    what: str


def faults(source: str) -> list[Fault]:
    """All faults that this source can have, in a fixed order. Words for people are left alone."""
    seeder = _Seeder(-1, _members(source))
    seeder.visit(ast.parse(source))
    return seeder.found


def with_fault(source: str, number: int) -> ast.Module:
    """The source's tree with this one fault."""
    tree: ast.Module = _Seeder(number, _members(source)).visit(ast.parse(source))
    return ast.fix_missing_locations(tree)


def _members(source: str) -> dict[str, list[str]]:
    """Members of enumerations by the names that the source uses for them."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr.isupper():
            members = found.setdefault(node.value.id, [])
            members += [node.attr] if node.attr not in members else []
    return found


class _Seeder(ast.NodeTransformer):
    """Numbers every possible fault; puts in the one that is wanted."""

    def __init__(self, wanted: int, members: dict[str, list[str]]) -> None:
        self.wanted = wanted
        self.members = members
        self.found: list[Fault] = []

    def _offer(self, node: ast.AST, options: Iterator[tuple[str, ast.AST | None]]) -> ast.AST | None:
        self.generic_visit(node)
        chosen: ast.AST | None = node
        for what, other in options:
            fault = Fault(len(self.found), getattr(node, "lineno", 0), what)
            self.found.append(fault)
            if fault.number == self.wanted:
                chosen = other
        return chosen

    # What has no behaviour, or only that of the type checker.

    def visit_Import(self, node: ast.Import) -> ast.AST:
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.args = self.visit(node.args)
        node.body = [kept for each in node.body if (kept := self.visit(each))] or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.body = [kept for each in node.body if (kept := self.visit(each))] or [ast.Pass()]
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return node

    # The faults.

    def visit_Compare(self, node: ast.Compare) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            for place, operator in enumerate(node.ops):
                for table in (NEGATED, EDGE):
                    if type(operator) in table:
                        other = deepcopy(node)
                        other.ops[place] = table[type(operator)]()
                        yield f"{type(operator).__name__} became {table[type(operator)].__name__}", other

        return self._offer(node, options())

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            other = deepcopy(node)
            other.op = ast.And() if isinstance(node.op, ast.Or) else ast.Or()
            yield "and and or changed places", other
            for place in range(len(node.values)):
                left = [deepcopy(each) for at, each in enumerate(node.values) if at != place]
                yield f"operand {place + 1} went", left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

        return self._offer(node, options())

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            if isinstance(node.op, ast.Not | ast.USub):
                yield f"{type(node.op).__name__} went", deepcopy(node.operand)

        return self._offer(node, options())

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            words = any(
                isinstance(side, ast.JoinedStr)
                or (isinstance(side, ast.Constant) and isinstance(side.value, str))
                for side in (node.left, node.right)
            )
            if type(node.op) in SWAPPED and not words:
                other = deepcopy(node)
                other.op = SWAPPED[type(node.op)]()
                yield f"{type(node.op).__name__} became {type(other.op).__name__}", other

        return self._offer(node, options())

    def visit_Constant(self, node: ast.Constant) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            if isinstance(node.value, bool):
                yield f"{node.value} became {not node.value}", ast.Constant(not node.value)
            elif isinstance(node.value, int | float):
                yield f"{node.value} became {node.value + 1}", ast.Constant(node.value + 1)

        return self._offer(node, options())

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            if isinstance(node.value, ast.Name) and node.attr.isupper():
                members = self.members.get(node.value.id, [])
                other = members[(members.index(node.attr) + 1) % len(members)] if members else node.attr
                if other != node.attr:
                    yield (
                        f"{node.value.id}.{node.attr} became {other}",
                        ast.Attribute(node.value, other, node.ctx),
                    )

        return self._offer(node, options())

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST | None:
        return self._offer(
            node,
            iter([("the other branch", ast.IfExp(node.test, deepcopy(node.orelse), deepcopy(node.body)))]),
        )

    def visit_If(self, node: ast.If) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            for value in (True, False):
                other = deepcopy(node)
                other.test = ast.Constant(value)
                yield f"if became if {value}", other

        return self._offer(node, options())

    def visit_Return(self, node: ast.Return) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            if node.value is not None and not _is_none(node.value):
                yield "returned nothing", ast.Return(ast.Constant(None))

        return self._offer(node, options())

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        if isinstance(node.value, ast.Constant):
            return node

        def options() -> Iterator[tuple[str, ast.AST]]:
            yield "a statement went", ast.Pass()

        return self._offer(node, options())

    def visit_Raise(self, node: ast.Raise) -> ast.AST | None:
        return self._offer(node, iter([("a raise went", ast.Pass())]))

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST | None:
        return self._offer(node, iter([("an addition went", ast.Pass())]))

    def visit_Set(self, node: ast.Set) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            for place in range(len(node.elts) if len(node.elts) > 1 else 0):
                left = [deepcopy(each) for at, each in enumerate(node.elts) if at != place]
                yield f"member {place + 1} went", ast.Set(left)

        return self._offer(node, options())

    def visit_Call(self, node: ast.Call) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            for place, keyword in enumerate(node.keywords):
                if keyword.arg is not None and not _is_words(keyword.value):
                    other = deepcopy(node)
                    del other.keywords[place]
                    yield f"{keyword.arg}= went", other

        return self._offer(node, options())

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST | None:
        def options() -> Iterator[tuple[str, ast.AST]]:
            for place in range(len(node.ifs)):
                other = deepcopy(node)
                del other.ifs[place]
                yield "a filter went", other

        return self._offer(node, options())


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_words(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
