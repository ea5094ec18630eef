"""Is every instance of `a` an instance of `b`? Findings say where not, and what could not be decided.

A schema is a conjunction, so `a` is included in `b` when it is in each part of `b`; where `a` leaves a
choice, each of its branches has to be. Recursive schemas are compared by coinduction: a pair that is being
compared is taken as included meanwhile. What was found of a pair is kept for all that is compared by one
engine, so that an edit is found once, with all places that meet it.

Two content models. Strict: an undeclared property may hold anything. Open: an undeclared property is not
sent, so that a new optional one harms nobody.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from rollouts.contracts.formats.subsumption import containers, disjoining, values
from rollouts.contracts.formats.subsumption.documents import BadSchema, SchemaKey, Terms, keys, places
from rollouts.contracts.formats.subsumption.evaluating import fits, some
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.nodes import Choice, Node, node
from rollouts.contracts.formats.subsumption.samples import examples

STEPS = 10_000
BRANCHES = 64
DEEP = 120

Key = tuple[frozenset[SchemaKey], frozenset[SchemaKey]]
At = tuple[str, ...]


@dataclass(frozen=True)
class Rules:
    """How schemas are read.

    `formats`: whether `format` constrains. `ignored`: a keyword that takes a property out of what is sent
    ("readOnly" in requests).
    """

    open: bool = False
    formats: bool = False
    ignored: str = ""


class Engine:
    """Compares schemas of one direction; remembers what it found.

    `newer`: the left side is the new document, whose names nobody uses yet.
    """

    def __init__(self, rules: Rules = Rules(), *, newer: bool = False) -> None:
        self.rules = rules
        self.newer = newer
        self.place = ""
        self.steps = 0
        self._active: set[Key] = set()
        self._failed: dict[Key, list[Finding]] = {}
        self._named: list[tuple[str, int]] = [("", 0)]
        self._held: dict[Key, None] = {}
        self.absent: dict[Finding, None] = {}
        """Properties that the right side declares and the left side does not send."""
        self._absent_in: dict[Key, dict[Finding, None]] = {}

    def included(self, a: Terms, b: Terms, at: At = ()) -> list[Finding]:
        """Why not every instance of `a` is one of `b`; nothing when it is."""
        try:
            self.spend()
            left, right = tuple(term.target for term in a), tuple(term.target for term in b)
        except BadSchema as bad:
            return [self.undecided("schema", at, bad)]
        name = self._common(_name(a, left), _name(b, right))
        if name:
            self._named.append((name, len(at)))
        try:
            return self._known(left, right, at, named=bool(name))
        finally:
            if name:
                self._named.pop()

    def _common(self, left: str, right: str) -> str:
        """What the two are called: by the old name. What only one side names is part of what it stands in."""
        if left and right:
            return right if self.newer else left
        return "" if self._named[-1][0] else left or right

    def _known(self, a: Terms, b: Terms, at: At, *, named: bool) -> list[Finding]:
        """What is remembered of the pair, else what is found."""
        if keys(b) <= keys(a):
            return []
        # What has a name is one schema wherever it is named; what has none is another wherever it stands.
        key = (places(a), places(b)) if named else (keys(a), keys(b))
        for finding in self._absent_in.get(key, {}):
            finding.places[self.place] = None
            self.absent[finding] = None
        if key in self._active or key in self._held:
            return []
        if key in self._failed:
            for finding in self._failed[key]:
                finding.places[self.place] = None
            return self._failed[key]
        if self.steps > STEPS or len(at) > DEEP:
            return [self.undecided("size", at)]
        self._active.add(key)
        held = len(self._held)
        with self.apart() as absent:
            found = list(dict.fromkeys(self._compared(a, b, at)))
        self.absent |= absent
        self._absent_in[key] = absent
        self._active.discard(key)
        if found:
            # What holds no reference is found again where it stands again: there it is another edit.
            if all(any(isinstance(each[0], int) for each in side) for side in key):
                self._failed[key] = found
            # They may rest on this pair, which was taken as included meanwhile.
            for each in list(self._held)[held:]:
                del self._held[each]
        else:
            self._held[key] = None
        return found

    @contextmanager
    def apart(self) -> Iterator[dict[Finding, None]]:
        """What is found absent meanwhile, which whoever asks may take over."""
        outer, self.absent = self.absent, {}
        try:
            yield self.absent
        finally:
            self.absent = outer

    def spend(self) -> None:
        """Counts a step. Raises BadSchema, which leaves the pair undecided, when there were too many."""
        self.steps += 1
        if self.steps > STEPS:
            raise BadSchema("the schemas are too large to be compared")

    def finding(
        self, keyword: str, at: At, left: object = "", right: object = "", *, sure: bool = True
    ) -> Finding:
        name, depth = self._named[-1]
        return Finding(keyword, at[depth:], str(left), str(right), sure, name, {self.place: None})

    def undecided(self, keyword: str, at: At, left: object = "", right: object = "") -> Finding:
        return self.finding(keyword, at, left, right, sure=False)

    def _compared(self, a: Terms, b: Terms, at: At) -> list[Finding]:
        try:
            return self.parts(node(a), node(b), at)
        except BadSchema as bad:
            return [self.undecided("schema", at, bad)]

    def parts(self, a: Node, b: Node, at: At) -> list[Finding]:
        """The same for what was taken apart: branch by branch of the left side. Raises BadSchema."""
        self.spend()
        if disjoining.empty(self, a):
            return []
        if (known := values.finite(a)) is not None:
            return values.listed(self, known, a, b, at)
        if keys(b.terms) <= keys(a.terms):
            return []
        branches = list(self._branches(a))
        if len(branches) > BRANCHES:
            return [self.undecided("anyOf", at)]
        found: list[Finding] = []
        for branch in branches:
            known = values.finite(branch)
            more = (
                values.listed(self, known, branch, b, at)
                if known is not None
                else self._single(branch, b, at)
            )
            found += [each for each in more if each not in found]
        return found

    def _branches(self, a: Node) -> Iterator[Node]:
        """What `a` may be, with every choice made."""
        waiting, many = [a], 0
        while waiting and many <= BRANCHES:
            here = waiting.pop()
            if here.choices:
                first, rest = here.choices[0], here.with_choices(here.choices[1:])
                waiting += reversed(list(_chosen(rest, first)))
            elif here.conditions or here.needs:
                waiting += reversed(list(containers.resolved(here)))
            elif not disjoining.empty(self, here):
                many += 1
                yield here

    def _single(self, a: Node, b: Node, at: At) -> list[Finding]:
        """Of a left side without choices."""
        if not b.types:
            return [self.finding("false", at)]
        found = self._types(a, b, at)
        a = a.only(b.types)
        if a.types:
            found += values.differences(self, a, b, at)
            found += containers.differences(self, a, b, at)
            found += self._applied(a, b, at)
        if a.nots or a.unread:
            return self._doubted(found, a, b)
        return found

    def _types(self, a: Node, b: Node, at: At) -> list[Finding]:
        extra = a.types - b.types
        if not extra or disjoining.empty(self, a.only(extra)):
            return []
        return [self.finding("type", at, values.named(a.types), values.named(b.types))]

    def _applied(self, a: Node, b: Node, at: At) -> list[Finding]:
        found: list[Finding] = []
        for choice in b.choices:
            found += self._choice(a, choice, at)
        for terms in b.nots:
            apart = disjoining.disjoint(self, a, node(terms))
            if not apart:
                found.append(self.finding("not", at) if apart is False else self.undecided("not", at))
        for condition in b.conditions:
            test, then, other = (condition.test,), condition.then, condition.other
            if then is not None:
                found += self.parts(a.also(test), node((then,)), at)
            if other is not None:
                found += self.parts(a.but(test), node((other,)), at)
        if unread := b.unread - a.unread:
            found.append(self.undecided(min(unread).split(" ")[0], at))
        return found

    def _choice(self, a: Node, choice: Choice, at: At) -> list[Finding]:
        """`a` against branches of which one has to hold: in one as a whole, or part by part in several."""
        trials = []
        for terms in choice.among:
            with self.apart() as absent:
                trials.append(self.parts(a, node(terms), at))
            if not trials[-1]:
                self.absent |= absent
        fitting = [number for number, found in enumerate(trials) if not found]
        if fitting and not choice.one:
            return []
        if fitting:
            return self._exactly(a, choice, fitting[0], at)
        parts = list(disjoining.split(a))
        if len(parts) > 1:
            return [each for part in parts for each in self._choice(part, choice, at)]
        return self._nowhere(a, choice, trials, at)

    def _exactly(self, a: Node, choice: Choice, fitting: int, at: At) -> list[Finding]:
        for number, terms in enumerate(choice.among):
            if number == fitting:
                continue
            apart = disjoining.disjoint(self, a, node(terms))
            if not apart:
                return [self.finding("oneOf", at) if apart is False else self.undecided("oneOf", at)]
        return []

    def _nowhere(self, a: Node, choice: Choice, trials: Sequence[list[Finding]], at: At) -> list[Finding]:
        """Why `a` is in no branch: what the one that it could be says, else that it is in none."""
        near = [
            found
            for terms, found in zip(choice.among, trials, strict=True)
            if disjoining.disjoint(self, a, node(terms)) is not True
        ]
        if len(near) == 1:
            return near[0]
        keyword = "oneOf" if choice.one else "anyOf"
        if not near:
            return [self.finding(keyword, at, values.named(a.types))]
        nodes = [node(terms) for terms in choice.among]
        for value in examples(a):
            inside = some(fits(value, each) for each in nodes)
            if inside is False and fits(value, a):
                return [self.finding(keyword, at, values.named(a.types))]
        return [self.undecided(keyword, at, values.named(a.types))]

    def _doubted(self, found: list[Finding], a: Node, b: Node) -> list[Finding]:
        """What `a` excludes was not looked at: a reason stands only if some value shows it."""
        if not any(each.sure for each in found):
            return found
        if any(fits(value, a) and fits(value, b) is False for value in examples(a)):
            return found
        for each in found:
            each.sure = False
        return found


def _chosen(rest: Node, choice: Choice) -> Iterator[Node]:
    """The branches of one choice; of exactly one, each without the others."""
    for number, terms in enumerate(choice.among):
        branch = rest.also(terms)
        if choice.one:
            for other, others in enumerate(choice.among):
                if other != number:
                    branch = branch.but(others)
        yield branch


def _name(terms: Terms, targets: Terms) -> str:
    """The name of the schema that one of the terms refers to."""
    for term, target in zip(terms, targets, strict=True):
        if term is not target:
            return str(term.schema["$ref"]).rpartition("/")[2]
    return ""
