"""Two schemas of one message, compared both ways."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rollouts.contracts.formats import phrases
from rollouts.contracts.formats.subsumption.documents import Terms
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.including import Engine, Rules
from rollouts.contracts.formats.values import Difference, Direction, Flow, Level, Use

Touching = Callable[[Finding], tuple[Use, ...]]


class Payloads:
    """All messages of one direction: each is compared both ways, and an edit is found once.

    `judged`: which way harms who relies on the old document; what is found the other way is safe. `told`:
    keywords of which a difference is told and breaks nothing.
    """

    def __init__(
        self, direction: Direction, rules: Rules, *, judged: str, told: frozenset[str] = frozenset()
    ) -> None:
        self.direction, self.judged, self._told = direction, judged, told
        self._engines = {"backward": Engine(rules), "forward": Engine(rules, newer=True)}
        self._found: dict[str, dict[Finding, str]] = {"backward": {}, "forward": {}}

    def compare(self, old: Terms, new: Terms, *, place: str, whole: str) -> None:
        """Takes in one message, which stands at `place`; `whole` names it in sentences."""
        for way, left, right in (("backward", old, new), ("forward", new, old)):
            engine = self._engines[way]
            engine.place = place
            for finding in engine.included(left, right):
                self._found[way].setdefault(finding, whole)

    def holds(self, way: str) -> bool | None:
        """Whether all of it is included this way; None where that was not decided."""
        found = [each for each in self._found[way] if each.keyword not in self._told]
        if any(each.sure for each in found):
            return False
        return None if found else True

    @property
    def flow(self) -> Flow:
        return Flow(self.holds("backward"), self.holds("forward"))

    def differences(self, touching: Touching) -> list[Difference]:
        """What was found, the harmful first."""
        found = []
        for way in (self.judged, "forward" if self.judged == "backward" else "backward"):
            said = phrases.no_longer if way == "backward" else phrases.newly
            for finding, whole in self._found[way].items():
                level = self._level(finding, way)
                found.append(
                    self._difference(finding, _rule(finding, way), level, said(finding, whole), touching)
                )
        return [
            *found,
            *self._declared("forward", "removed", touching),
            *self._declared("backward", "added", touching),
        ]

    def _declared(self, way: str, what: str, touching: Touching) -> list[Difference]:
        """Properties that only one of the documents declares.

        By themselves they break nobody; who uses one is touched when it goes.
        """
        known: dict[str, Finding] = {}
        for finding in self._engines[way].absent:
            first = known.setdefault(phrases.where(finding, ""), finding)
            first.places.update(finding.places)
        said = "is no longer declared" if what == "removed" else "is new"
        return [
            self._difference(finding, f"property-{what}", Level.SAFE, f"{where} {said}.", touching)
            for where, finding in known.items()
        ]

    def _difference(
        self, finding: Finding, rule: str, level: Level, sentence: str, touching: Touching
    ) -> Difference:
        place = next(iter(finding.places), "")
        return Difference(
            rule=f"{self.direction.value}-{rule}",
            level=level,
            location=" ".join(part for part in (place, finding.schema, finding.pointer) if part),
            sentence=sentence,
            direction=self.direction,
            touches=touching(finding),
        )

    def _level(self, finding: Finding, way: str) -> Level:
        if way != self.judged or finding.keyword in self._told:
            return Level.SAFE
        return Level.BREAKING if finding.sure else Level.UNDECIDED


def _rule(finding: Finding, way: str) -> str:
    return f"{finding.keyword}-{'narrowed' if way == 'backward' else 'widened'}"


def annotations(old: Any, new: Any, words: Sequence[str] = ("default", "format")) -> Sequence[Difference]:
    """Changes of what no schema checks and people rely on: another default, another format."""
    found: list[Difference] = []
    _walk(old, new, "", words, found)
    return found


def _walk(old: Any, new: Any, at: str, words: Sequence[str], found: list[Difference]) -> None:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for word in words:
            if word in old and word in new and old[word] != new[word] and not isinstance(old[word], Mapping):
                found.append(_annotated(word, old[word], new[word], at))
        for key in sorted(old.keys() & new.keys()):
            if key not in ("default", "format", "enum", "const", "examples", "example"):
                _walk(old[key], new[key], f"{at}/{key}", words, found)
    elif isinstance(old, list) and isinstance(new, list):
        for number, (one, other) in enumerate(zip(old, new, strict=False)):
            _walk(one, other, f"{at}/{number}", words, found)


def _annotated(word: str, old: Any, new: Any, at: str) -> Difference:
    return Difference(
        rule=f"{word}-changed",
        level=Level.DANGEROUS,
        location=at or "/",
        sentence=f"The {word} at “{at or '/'}” was {old} and is {new}; no schema checks it.",
    )
