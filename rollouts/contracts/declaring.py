"""Writes one row of what is declared, for the catalog file and for the page alike; each is logged."""

from datetime import date
from typing import Any

from rollouts.catalog.registry import Applying, Entry, Outcome, What, write
from rollouts.contracts.deprecating.guard import keep_unless_retirable
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.contracts.using import declaring as using
from rollouts.lib.documents.problems import Path

ENDING = ("deprecated", "retired")
LIFE = ("draft", "active", "deprecated", "retired")
SINCE = {"active": "served", "deprecated": "deprecated", "retired": "retired"}


def note(run: Applying, contract: Contract, outcome: Outcome) -> None:
    """What is about a contract stands in the log of the service that provides it."""
    run.note(
        outcome,
        stream=f"service:{contract.provider.slug}",
        kind="contracts.declared",
        content={"contract": contract.slug, "service": contract.provider.slug},
    )


def contract_gone(row: Contract, run: Applying) -> None:
    """Marks a contract as gone, once."""
    if row.gone_at is None:
        write(row, {"gone_at": run.now})
        note(run, row, Outcome("contracts", row.slug, What.GONE))


def version(path: Path, entry: Entry, row: ContractVersion, run: Applying, *, guarded: bool = True) -> None:
    """Brings a version to what the entry says. Guarded: retired only when it can be."""
    state = entry.get("state", "active")
    place = (*path, "sunset")
    sunset = calendar_day(entry.get("sunset"), place, run)
    if sunset is not None and state not in ENDING:
        run.problems.add(
            place,
            "Only a deprecated or retired version has a sunset date.",
            "Write `state: deprecated`, or remove it.",
        )
        return
    if guarded:
        keep_unless_retirable(path, row, state, run)
    values = {"state": state, "sunset_on": sunset, "gone_at": None, **_since(path, entry, row, state, run)}
    deprecated = values.get("deprecated_on", row.deprecated_on)
    if sunset is not None and deprecated is not None and sunset < deprecated:
        run.problems.add(place, "Its last day is before it is deprecated.", "Write a later day.")
    what, details = write(row, values)
    note(run, row.contract, Outcome("contracts", f"{row.contract.slug} {row.version}", what, details))


def _since(
    path: Path, entry: Entry, row: ContractVersion, state: str, run: Applying
) -> dict[str, date | None]:
    """The first day of each state: as the entry says, else the day on which the state is changed.

    What nobody said and nobody saw stays unknown. A state that is still to come has no day.
    """
    found: dict[str, date | None] = {}
    reached = LIFE.index(state)
    for word, key in SINCE.items():
        place, at = LIFE.index(word), (*path, key)
        if place > reached:
            found[f"{key}_on"] = None
            if key in entry:
                run.problems.add(at, f"The version is {state}.", "Change its state, or remove the day.")
        elif key in entry:
            found[f"{key}_on"] = calendar_day(entry[key], at, run)
        elif place == reached and row.pk and row.state != word and getattr(row, f"{key}_on") is None:
            found[f"{key}_on"] = run.now.date()
    columns = [f"{key}_on" for key in SINCE.values()]
    days = [day for column in columns if (day := found.get(column, getattr(row, column))) is not None]
    if days != sorted(days):
        run.problems.add(path, "These days are not in order.", "Write served, deprecated, retired in order.")
    return found


def version_gone(row: ContractVersion, run: Applying) -> None:
    """Marks a version as gone, once."""
    if row.gone_at is None:
        write(row, {"gone_at": run.now})
        note(run, row.contract, Outcome("contracts", f"{row.contract.slug} {row.version}", What.GONE))


def calendar_day(text: str | None, path: Path, run: Applying) -> date | None:
    """The day that a text names; a problem at the path when there is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        run.problems.add(path, f"{text} is not in the calendar.", "Write a day that exists.")
        return None


def consumer(path: Path, entry: Entry, row: Consumer, run: Applying, *, meant: str = "") -> None:
    """Brings a consumer to what the entry says; parts that it does not state are left alone.

    `meant`: the version that its readiness is for where it names none.
    """
    _declared_now(row, run)
    values = {
        "uses": entry.get("uses", ""),
        "reason": entry.get("reason", ""),
        "kind": entry.get("kind", "hard"),
        "gone_at": None,
    }
    values |= _readiness(entry, row, run, meant)
    what, details = write(row, values)
    note(run, row.contract, Outcome("contracts", _used(row), what, details))
    if "parts" in entry:
        using.parts((*path, "parts"), entry["parts"], row, run)


def _readiness(entry: Entry, row: Consumer, run: Applying, meant: str) -> dict[str, Any]:
    """What the entry says of readiness, for which version, and since when if it says something new.

    Readiness that people report in the page outlives a file that does not state it.
    """
    if "readiness" not in entry:
        return {}
    said = {"readiness": entry["readiness"]}
    if "readiness_for" in entry:
        said["readiness_for"] = entry["readiness_for"]
    elif entry["readiness"] != row.readiness:
        said["readiness_for"] = meant
    new = any(getattr(row, name) != value for name, value in said.items())
    return {**said, **({"readiness_at": run.now} if new else {})}


def _declared_now(row: Consumer | Dependency, run: Applying) -> None:
    """What is declared anew, or again, is declared since now; silence is counted from then."""
    if not row.pk:
        row.declared_at = run.now
    elif row.gone_at is not None:
        type(row).objects.filter(pk=row.pk).update(declared_at=run.now)


def dependency(entry: Entry, row: Dependency, run: Applying) -> None:
    """Brings a dependency to what the entry says."""
    _declared_now(row, run)
    what, details = write(row, {"kind": entry.get("kind", "hard"), "gone_at": None})
    note_dependency(run, row, what, details)


def consumer_gone(row: Consumer, run: Applying) -> None:
    """Marks a consumer as gone, once."""
    if row.gone_at is None:
        write(row, {"gone_at": run.now})
        note(run, row.contract, Outcome("contracts", _used(row), What.GONE))


def _used(row: Consumer) -> str:
    return f"{row.contract.slug} used by {row.service.slug}"


def note_dependency(run: Applying, row: Dependency, what: What, details: tuple[str, ...] = ()) -> None:
    """What a service depends on stands in its own log."""
    run.note(
        Outcome("dependencies", f"{row.service.slug} on {row.on.slug}", what, details),
        stream=f"service:{row.service.slug}",
        kind="contracts.dependency",
        content={"service": row.service.slug, "on": row.on.slug},
    )


def dependency_gone(row: Dependency, run: Applying) -> None:
    """Marks a dependency as gone, once."""
    if row.gone_at is None:
        write(row, {"gone_at": run.now})
        note_dependency(run, row, What.GONE)
