"""Messages, fields, enums and RPCs of .proto files, read each by each in one pass."""

import json
import re
from collections.abc import Iterator

from rollouts.contracts.documents.elements.values import Kind, Named
from rollouts.contracts.formats.reading import bounded

MOST_BYTES = 256_000
TOKEN = re.compile(
    r'//[^\n]*|/\*.*?(?:\*/|\Z)|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|[A-Za-z_.][\w.]*|\d+|[^\s\w]',
    re.DOTALL,
)
NO_FIELD = frozenset({"option", "reserved", "extensions", "import", "package", "syntax", "edition"})
LABELS = frozenset({"optional", "required", "repeated"})


def elements(text: str) -> Iterator[Named]:
    """What the files name; several files come as the JSON of an object of name to text. Raises Unreadable."""
    for file in _files(bounded(text, MOST_BYTES)):
        yield from _Reading(file).run()


def _files(text: str) -> list[str]:
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return [text]
        if isinstance(found, dict):
            return [each for each in found.values() if isinstance(each, str)]
    return [text]


class _Reading:
    """One file: statements end in a semicolon or open a block; `inside` are the blocks around."""

    def __init__(self, text: str) -> None:
        self.tokens = [each for each in TOKEN.findall(text) if not each.startswith(("//", "/*"))]
        self.inside: list[tuple[str, str]] = []
        self.package = ""

    def run(self) -> Iterator[Named]:
        statement: list[str] = []
        for each in self.tokens:
            if each == ";":
                yield from self._statement(statement)
                statement = []
            elif each == "{":
                yield from self._opened(statement)
                statement = []
            elif each == "}":
                statement = []
                if self.inside:
                    self.inside.pop()
            else:
                statement.append(each)

    def _opened(self, statement: list[str]) -> Iterator[Named]:
        word, name = [*statement, "", ""][:2]
        self.inside.append((word, name))
        if word in ("message", "enum"):
            yield Named(Kind.TYPE, type=self._type(), shape=word)
        elif word == "rpc":
            yield from self._rpc(statement, self.inside[:-1])

    def _statement(self, statement: list[str]) -> Iterator[Named]:
        if not statement:
            return
        if statement[0] == "package":
            self.package = statement[-1]
        elif statement[0] == "rpc":
            yield from self._rpc(statement, self.inside)
        elif self.inside and statement[0] not in NO_FIELD and "=" in statement:
            yield from self._field(statement)

    def _field(self, statement: list[str]) -> Iterator[Named]:
        place = statement.index("=")
        around = next((word for word, _ in reversed(self.inside) if word != "oneof"), "")
        if around != "message" or place < 2:
            return
        deprecated = "deprecated" in statement and "true" in statement
        said = " ".join(statement[: place - 1]).replace(" < ", "<").replace(" , ", ", ").replace(" >", ">")
        number = statement[place + 1] if place + 1 < len(statement) else "?"
        required = statement[0] == "required" if statement[0] in LABELS else False
        yield Named(
            Kind.FIELD,
            "",
            self._type(),
            statement[place - 1],
            f"{said}, number {number}",
            required,
            deprecated,
        )

    def _rpc(self, statement: list[str], around: list[tuple[str, str]]) -> Iterator[Named]:
        service = ".".join(part for part in (self.package, *(name for _, name in around)) if part)
        name = statement[1] if len(statement) > 1 else ""
        kinds = [
            each
            for each in statement[2:]
            if re.match(r"[A-Za-z_.]", each) and each not in ("stream", "returns")
        ]
        yield Named(Kind.OPERATION, f"{service}/{name}", shape=" → ".join(kinds[:2]))

    def _type(self) -> str:
        return ".".join(name for word, name in self.inside if word in ("message", "enum"))
