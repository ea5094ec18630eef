"""What counts of all that is known of a consumer's readiness for one version. Django-free.

Expired statements fall away. The strongest source that is left wins, by its newest statement. What the others
say against it is told beside it, and calls of older versions are told against "migrated".
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from rollouts.contracts.readiness.values import (
    NOTHING,
    SEEN_FOR,
    WEAKEST_FIRST,
    Called,
    Source,
    Standing,
    Stated,
)
from rollouts.contracts.values import Readiness
from rollouts.contracts.versioning.numbers import key

LONG_AGO = datetime.min.replace(tzinfo=UTC)
LEAST_FIRST = tuple(Readiness)


def stand(version: str, statements: Iterable[Stated], seen: Mapping[str, Called], now: datetime) -> Standing:
    """How ready the consumer is for `version`. `seen`: its calls by the version that they spoke."""
    known = [*statements, *_moved(version, seen)]
    counting = sorted((each for each in known if each.counts(now)), key=_strength, reverse=True)
    expired = sorted((each for each in known if not each.counts(now)), key=_strength, reverse=True)
    if not counting:
        return Standing(NOTHING.readiness, NOTHING.source, expired=tuple(expired))
    best, *others = counting
    return Standing(
        best.readiness,
        best.source,
        best.at,
        best.expires_at,
        contradicted=_against(best, others, version, seen),
        by=best.by,
        note=best.note,
        url=best.url,
        reference=best.reference,
        others=tuple(others),
        expired=tuple(expired),
    )


def _strength(stated: Stated) -> tuple[int, datetime, int, str, str]:
    """What the strongest and newest is found by. Of two at one time the more careful one counts."""
    careful = -LEAST_FIRST.index(stated.readiness)
    return (
        WEAKEST_FIRST.index(stated.source), stated.at or LONG_AGO, careful, stated.reference, stated.by
    )  # fmt: skip


def _moved(version: str, seen: Mapping[str, Called]) -> list[Stated]:
    """That it was seen to speak the version, or a later one, and for `SEEN_FOR` nothing older."""
    there = [each for spoken, each in seen.items() if _compared(spoken, version) in (0, 1)]
    if not there:
        return []
    last = max(each.last_at for each in there)
    older = [each.last_at for spoken, each in seen.items() if _compared(spoken, version) == -1]
    if older and max(older) > last - SEEN_FOR:
        return []
    first = min(each.first_at for each in there)
    calls = sum(each.week_calls for each in there)
    by = f"{calls:,} calls of {version} or later in the last seven days with any" if calls else ""
    return [Stated(Readiness.MIGRATED, Source.TRAFFIC, first, last + SEEN_FOR, by=by)]


def _against(best: Stated, others: list[Stated], version: str, seen: Mapping[str, Called]) -> str:
    """What speaks against the statement that wins: calls first, then what another source says newest."""
    if best.readiness is Readiness.MIGRATED and best.source is not Source.TRAFFIC:
        since = best.at or LONG_AGO
        older = [
            (each.last_at, spoken)
            for spoken, each in seen.items()
            if _compared(spoken, version) == -1 and each.last_at > since
        ]
        if older:
            at, spoken = max(older)
            return f"Said to have migrated, but {spoken} was still called on {_day(at)}."
    told: set[Source] = {best.source}
    for each in others:
        if each.source in told:
            continue
        told.add(each.source)
        if _sides(best.readiness, each.readiness):
            return f"{_said(best)}, but {_said(each, lower=True)}."
    return ""


def _compared(spoken: str, version: str) -> int | None:
    """Whether calls spoke an older version (-1), this one (0) or a later one (1); None: who knows.

    Calls of "3" may be of 3.1.0: that they are older cannot be told.
    """
    if spoken == version or version.startswith(f"{spoken}."):
        return 0
    one, other = key(spoken)[:2], key(version)[:2]
    if not one[0] or not other[0]:
        return None
    return (one > other) - (one < other)


def _sides(one: Readiness, other: Readiness) -> bool:
    """Whether one says that it can and the other that it cannot. Unknown and testing say neither."""
    return (one.ready and other is Readiness.NOT_READY) or (other.ready and one is Readiness.NOT_READY)


def _said(stated: Stated, *, lower: bool = False) -> str:
    word = stated.readiness.label.lower()
    on = f" of {_day(stated.at)}" if stated.at else ""
    told = {
        Source.TRAFFIC: "Its calls say", Source.SIGN_OFF: f"The sign-off{on} says",
        Source.TESTS: f"The tests{on} say", Source.DECLARED: f"The declaration{on} says",
    }[stated.source]  # fmt: skip
    said = f"{told} “{word}”"
    return said[0].lower() + said[1:] if lower else said


def _day(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"
