"""The lists of declared and seen edges as the page shows them and the API tells them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rollouts.health.edges.models import EdgeAnswer
from rollouts.health.edges.reading import Edges, Owned, sunset_of
from rollouts.health.edges.sorting import Declared, Seen, Why


class Which(StrEnum):
    """The lists, in the order in which they ask for something."""

    UNDECLARED = "undeclared"
    SILENT = "silent"
    OUTDATED = "outdated"
    CONFIRMED = "confirmed"


OFFERED = {
    Which.UNDECLARED: ("declare", "none", "ask"),
    Which.SILENT: ("remove", "stands", "ask"),
    Which.OUTDATED: ("ask",),
    Which.CONFIRMED: (),
}
"""What can be done about an entry of a list."""


@dataclass(frozen=True)
class Row:
    """One entry. `owner` answers for it: the team of who calls, else of who is called.

    `contract_name` is empty where the catalog has no such contract. `why`: of those that are not seen;
    `sunset_on` and `version_state`: of old versions.
    """

    caller: str
    callee: str
    contract: str
    version: str
    owner: Owned | None
    caller_is: Owned | None
    callee_is: Owned | None
    contract_name: str = ""
    why: Why | None = None
    since: datetime | None = None
    seen: Seen | None = None
    confidence: float = 0.0
    sureness: str = ""
    sunset_on: date | None = None
    version_state: str = ""
    asked: EdgeAnswer | None = None
    offered: tuple[str, ...] = ()


def counts(found: Edges) -> dict[Which, int]:
    """How many entries each list has; of those that are not seen, only what nobody saw for long."""
    lists = found.lists
    return {
        Which.UNDECLARED: len(lists.undeclared),
        Which.SILENT: sum(one.why is Why.STALE for one in lists.silent),
        Which.OUTDATED: len(lists.outdated),
        Which.CONFIRMED: len(lists.confirmed),
    }


def rows(found: Edges, which: Which, now: datetime, *, team: str = "", service: str = "") -> list[Row]:
    """The entries of a list; only those that a team answers for, or with this service at an end."""
    every = _rows(found, which, now)
    return [
        row
        for row in every
        if (not team or (row.owner is not None and row.owner.team == team))
        and (not service or service in (row.caller, row.callee))
    ]


def _rows(found: Edges, which: Which, now: datetime) -> Iterator[Row]:
    lists = found.lists
    match which:
        case Which.UNDECLARED:
            yield from (_row(found, which, now, seen=one) for one in lists.undeclared)
        case Which.SILENT:
            for one in lists.silent:
                yield _row(found, which, now, declared=one.declared, seen=one.seen, why=one.why)
        case Which.OUTDATED:
            yield from (_row(found, which, now, seen=one) for one in lists.outdated)
        case Which.CONFIRMED:
            for declared, seen in lists.confirmed:
                yield _row(found, which, now, declared=declared, seen=seen)


def _row(
    found: Edges,
    which: Which,
    now: datetime,
    *,
    declared: Declared | None = None,
    seen: Seen | None = None,
    why: Why | None = None,
) -> Row:
    about = declared or seen
    assert about is not None  # noqa: S101 - every list has one or the other
    version = seen.version if seen and which is Which.OUTDATED else ""
    caller, callee = found.services.get(about.caller), found.services.get(about.callee)
    old = sunset_of(found, seen) if seen and version else None
    offered = OFFERED[which]
    if which is Which.UNDECLARED and (caller is None or callee is None):
        offered = ("none",) if caller or callee else ()
    key = (about.caller, about.callee, about.contract, version)
    return Row(
        caller=about.caller,
        callee=about.callee,
        contract=about.contract,
        version=version,
        owner=caller or callee,
        caller_is=caller,
        callee_is=callee,
        contract_name=found.contracts.get(about.contract, ""),
        why=why,
        since=declared.since if declared else None,
        seen=seen,
        confidence=seen.confidence(now) if seen else 0.0,
        sureness=seen.sureness(now).value if seen else "",
        sunset_on=old.sunset_on if old else None,
        version_state=old.state if old else "",
        asked=found.answers.get((key, EdgeAnswer.Said.ASKED)),
        offered=offered,
    )
