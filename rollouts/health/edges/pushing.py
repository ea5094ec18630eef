"""Edges that somebody else saw: pushed whole days at a time, the same again changes nothing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import administers, teams_described_by
from rollouts.contracts.models import Contract
from rollouts.contracts.services import note_used
from rollouts.contracts.values import Used
from rollouts.health.edges.counting import KEPT
from rollouts.health.edges.storing import ORIGIN, Sighting, day_of, write
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

MOST = 5_000
"""Entries of one push."""


@dataclass(frozen=True)
class Entry:
    """Calls of one day; `operation`, `field`, `type`: the part of the contract that they used."""

    caller: str
    callee: str
    day: date
    calls: int
    contract: str = ""
    version: str = ""
    operation: str = ""
    field: str = ""
    type: str = ""
    first_at: datetime | None = None
    last_at: datetime | None = None


class Wrong(Refusal):
    """Some entries cannot be taken, and so none is; `entries` says which and why."""

    def __init__(self, entries: Sequence[tuple[int, str]]) -> None:
        index, said = entries[0]
        super().__init__("invalid", f"Entry {index + 1}: {said}", "Correct the entries that are named.")
        self.entries = tuple(entries)


@dataclass(frozen=True)
class Taken:
    """How many edges were written, and how many parts of contracts with them."""

    edges: int
    parts: int


def push(*, environment: str, origin: str, entries: Sequence[Entry], by: Person) -> Taken:
    """Takes all entries or none. What one origin says of an edge and a day is the whole of it.

    Entries of one edge and day that differ in the part that was used add up. Measurements stand in no log.
    Raises Environment.DoesNotExist, Refusal (not allowed) and Wrong.
    """
    place = Environment.objects.get(slug=environment)
    now = database_now()
    with transaction.atomic(durable=True):
        if wrong := _faults(entries, now):
            raise Wrong(wrong)
        _require_described(entries, by)
        sightings = _sightings(entries, now)
        edges = write(place.pk, {f"{ORIGIN}{origin}"[:60]: sightings}, add=False)
        parts = note_used([used for entry in entries if (used := _used(entry, now)) is not None])
    return Taken(edges, parts)


def _faults(entries: Sequence[Entry], now: datetime) -> list[tuple[int, str]]:
    callees = {entry.callee for entry in entries}
    known = set(Service.objects.filter(slug__in=callees, gone_at=None).values_list("slug", flat=True))
    contracts = {entry.contract for entry in entries if entry.contract}
    provided = dict(
        Contract.objects.filter(slug__in=contracts, gone_at=None).values_list("slug", "provider__slug")
    )
    found = ((index, _fault(entry, known, provided, now)) for index, entry in enumerate(entries))
    return [(index, said) for index, said in found if said]


def _fault(entry: Entry, known: Collection[str], provided: dict[str, str], now: datetime) -> str:
    if entry.callee not in known:
        return f"There is no service named {entry.callee} in the catalog."
    if entry.caller == entry.callee:
        return f"{entry.caller} calling itself is no dependency."
    if entry.contract and entry.contract not in provided:
        return f"There is no contract named {entry.contract}."
    if entry.contract and provided[entry.contract] not in (entry.callee, entry.caller):
        return f"{entry.contract} is provided by {provided[entry.contract]}, not by {entry.callee}."
    if any((entry.operation, entry.field, entry.type)) and not (entry.contract and entry.caller):
        return "A part that was used needs its `contract` and a `caller`."
    if not day_of(now - KEPT) <= entry.day <= day_of(now):
        return f"{entry.day} is in the future or more than {KEPT.days} days ago."
    first, last = _moments(entry, now)
    if not day_of(first) == entry.day == day_of(last) or first > last:
        return "`first_seen` and `last_seen` lie on the `day`, in this order."
    return ""


def _require_described(entries: Sequence[Entry], by: Person) -> None:
    """Raises Refusal when the person may describe neither end of an entry."""
    if administers(by):
        return
    ends = {end for entry in entries for end in (entry.caller, entry.callee)}
    mine = set(
        Service.objects.filter(slug__in=ends, team__in=teams_described_by(by)).values_list("slug", flat=True)
    )
    lacking = [entry for entry in entries if not mine & {entry.caller, entry.callee}]
    if lacking:
        raise Refusal(
            "forbidden",
            f"You may push nothing about {lacking[0].caller or lacking[0].callee}.",
            "Use a write token of a planner of either service's team, or of an administrator.",
        )


def _moments(entry: Entry, now: datetime) -> tuple[datetime, datetime]:
    """When it was seen first and last on its day: as it says, else all of the day up to now."""
    begin = datetime.combine(entry.day, time(), UTC)
    end = min(begin + timedelta(days=1) - timedelta(seconds=1), max(begin, now))
    return entry.first_at or begin, entry.last_at or end


def _sightings(entries: Sequence[Entry], now: datetime) -> list[Sighting]:
    found: dict[tuple[tuple[str, str, str, str], date], Sighting] = {}
    for entry in entries:
        key = (entry.caller, entry.callee, entry.contract, entry.version if entry.contract else "")
        first, last = _moments(entry, now)
        before = found.get((key, entry.day))
        found[key, entry.day] = Sighting(
            key,
            entry.day,
            entry.calls + (before.calls if before else 0),
            min(first, before.first_at) if before else first,
            max(last, before.last_at) if before else last,
        )
    return list(found.values())


def _used(entry: Entry, now: datetime) -> Used | None:
    if not any((entry.operation, entry.field, entry.type)):
        return None
    first, last = _moments(entry, now)
    return Used(
        entry.contract, entry.caller, entry.operation, entry.field, entry.type, first_at=first, last_at=last
    )
