"""What an evidence gate demands, and what the results that are there make of it. Django-free.

Of each thing that has to have been tried the newest result decides. One that has expired, or is of another
build than the one that runs or comes, is as if there were none; so is a failure that has expired.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.values import Word

Flags = Mapping[str, bool | int | float | str]


@dataclass(frozen=True)
class Builds:
    """Which builds of a service count. `known`: builds as they are called where it is known which one runs;
    a result that calls them otherwise is not held against them."""

    wanted: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()

    def other(self, build: str) -> bool:
        """Whether this is another build than those that count."""
        return build in self.known and build not in self.wanted

    @property
    def words(self) -> str:
        return " or ".join(sorted(self.wanted))


ANY = Builds()


@dataclass(frozen=True)
class Tried:
    """One result, by its number."""

    number: int
    passed: bool
    at: datetime
    expires_at: datetime
    build: str = ""
    provider_build: str = ""
    flags: Flags = field(default_factory=dict)

    def until(self, within: timedelta) -> datetime:
        """When it counts no more: by its own end, or by the freshness that is asked for."""
        return min(self.expires_at, self.at + within)


@dataclass(frozen=True)
class Demand:
    """One thing that has to have been tried. `what` says it in words: "contract test of shipping"."""

    what: str
    who: str = ""
    flags: Flags = field(default_factory=dict)
    within: timedelta = timedelta(days=14)
    builds: Builds = ANY
    provider: Builds = ANY

    def fits(self, tried: Tried) -> bool:
        """Whether the result was made with these flags; it may state others besides."""
        return all(
            name in tried.flags and _same(tried.flags[name], value) for name, value in self.flags.items()
        )

    def other_build(self, tried: Tried) -> str:
        """Which build it is of that does not count, and which would; empty where it counts."""
        for builds, build in ((self.builds, tried.build), (self.provider, tried.provider_build)):
            if builds.other(build):
                return f"is of {build}, and {builds.words} is what counts"
        return ""


def _same(one: object, other: object) -> bool:
    """Whether two values of a flag are one; true is not 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


@dataclass(frozen=True)
class Line:
    """What came of one demand, by which result, and until when."""

    demand: Demand
    word: Word
    sentence: str
    number: int | None = None
    until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "who": self.demand.who,
            "flags": dict(self.demand.flags),
            "word": self.word.value,
            "sentence": self.sentence,
            "evidence": self.number,
            "until": self.until.isoformat() if self.until else None,
        }


def weigh(demand: Demand, results: Iterable[Tried], now: datetime) -> Line:
    """The newest result decides; results of builds that do not count stand back behind those that do."""
    fitting = [each for each in results if demand.fits(each)]
    what = demand.what[0].upper() + demand.what[1:]
    if not fitting:
        return Line(demand, Word.PENDING, f"No {demand.what} was recorded.")
    newest = max(fitting, key=lambda each: (not demand.other_build(each), each.at, each.number))
    day, until = f"{newest.at.day} {newest.at:%B}", newest.until(demand.within)
    if other := demand.other_build(newest):
        return Line(demand, Word.PENDING, f"{what} of {day} {other}.", newest.number)
    if until <= now:
        ended = f"{what} of {day} counts no more since {until.day} {until:%B}."
        return Line(demand, Word.PENDING, ended, newest.number)
    word = Word.PASS if newest.passed else Word.FAIL
    return Line(
        demand, word, f"{what} {'passed' if newest.passed else 'failed'} on {day}.", newest.number, until
    )


def opinion(lines: Sequence[Line], nothing: str) -> Opinion:
    """One failure fails; what is missing or has expired is waited for. `nothing`: where nobody has to try."""
    evidence = {
        "lines": [line.as_json() for line in lines],
        "evidence": sorted({line.number for line in lines if line.number is not None}),
        "due": sorted({line.until.isoformat() for line in lines if line.until is not None}),
    }
    if not lines:
        return Opinion(Word.PASS, nothing, evidence)
    for word in (Word.FAIL, Word.PENDING):
        found = [line for line in lines if line.word is word]
        if found:
            more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
            return Opinion(word, f"{found[0].sentence}{more}", evidence)
    if len(lines) == 1:
        return Opinion(Word.PASS, lines[0].sentence, evidence)
    return Opinion(Word.PASS, f"All {len(lines)} that are asked for passed.", evidence)
