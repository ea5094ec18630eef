"""Announces the end of a version, and retires it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.accounts.values import Role
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog.registry import Applying, Outcome, What, entry_schema, write
from rollouts.catalog.services import NotAllowed, changing, check_shape
from rollouts.contracts import declaring
from rollouts.contracts.deprecating.guard import against, remedy
from rollouts.contracts.deprecating.reading import Live, live
from rollouts.contracts.models import Contract, ContractVersion, Deprecation
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.questions.values import Answer
from rollouts.contracts.versioning.reading import rules_of
from rollouts.lib.refusals import Refusal

DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
END = entry_schema(
    {
        "announced": {**DAY, "description": "The day on which it was announced. Default today."},
        "deprecated": {**DAY, "description": "Since when; it may be to come. Default today."},
        "sunset": {**DAY, "description": "Its last day. Default as the contract's rules say."},
        "successor": {"type": "string", "maxLength": 60, "description": "The version that follows."},
        "notes": {"type": "string", "maxLength": 10_000, "description": "How to move to it, as Markdown."},
        "link": {
            "type": "string", "maxLength": 500, "pattern": "^https?://\\S+$",
            "description": "A page about it, when it is not the one here.",
        },
    },
    [],
    "The end of a version.",
)  # fmt: skip


class NotYet(Refusal):
    """The version cannot be retired: the question says why, and who must do what."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("still_live", answer.sentence, remedy(answer))


class StillLive(Refusal):
    """Somebody still relies on the version that is to be dropped."""

    def __init__(self, version: ContractVersion, found: Live) -> None:
        super().__init__(
            "still_live",
            f"Version {version.version} is still {found.sentence}.",
            "Wait until they have moved; or let somebody with the break-glass role retire it, with a reason.",
        )


def deprecate(*, contract: str, version: str, entry: Mapping[str, Any], by: Person, face: Face) -> Outcome:
    """Announces the end of a version: it becomes deprecated, with its dates, successor and how to move.

    Raises Unsound, NotAllowed and DoesNotExist.
    """
    check_shape(END, entry)
    with _about(contract, version, by, face) as (row, run):
        if row.state == "retired":
            raise Refusal("retired", f"Version {version} is retired.", "Make it active again first.")
        deprecated, sunset = _dates(row, entry, run)
        successor = _successor(row, entry, run)
        if run.problems:
            return Outcome("contracts", version, What.UNCHANGED)
        told = {"version": version, "state": "deprecated", "deprecated": deprecated.isoformat()}
        declaring.version((), told | ({"sunset": sunset.isoformat()} if sunset else {}), row, run)
        found = Deprecation.objects.filter(version=row).first() or Deprecation(version=row)
        values = {
            "announced_on": _day(entry, "announced", run) or found.announced_on or run.now.date(),
            "successor": successor,
            "notes": entry.get("notes", ""),
            "link": entry.get("link", ""),
        }
        what, details = write(found, values)
        shown = tuple(each for each in details if not each.startswith("notes"))
        declaring.note(run, row.contract, Outcome("contracts", f"{contract} {version} end", what, shown))
    moved = [each for each in run.outcomes if each.what.moved]
    return (moved or run.outcomes)[0]


def retire(*, contract: str, version: str, reason: str, override: bool, by: Person, face: Face) -> Outcome:
    """Retires a version when the question says yes; with `override` also else, which takes the break-glass
    role in the team that provides it, and a reason.

    Raises NotYet, NotAllowed, Refusal and DoesNotExist.
    """
    with _about(contract, version, by, face, breaking=override) as (row, run):
        answer = None if row.state == "retired" else against(row)
        if answer and not override:
            raise NotYet(answer)
        if override and not reason.strip():
            raise Refusal("no_reason", "Breaking the glass takes a reason.", "Say why it cannot wait.")
        found = live(row, run.now)
        told: dict[str, Any] = {"version": version, "state": "retired"}
        told |= {"sunset": row.sunset_on.isoformat()} if row.sunset_on else {}
        declaring.version((), told, row, run, guarded=False)
        if answer:
            _tell(row, answer, found, reason, run)
    return run.outcomes[0] if run.outcomes else Outcome("contracts", version, What.UNCHANGED)


def _tell(row: ContractVersion, answer: Answer, found: Live, reason: str, run: Applying) -> None:
    """The owners of who is left are told, with what stood against it."""
    provider = row.contract.provider
    audit.append(
        stream=f"service:{provider.slug}",
        kind="contract.retired_live",
        actor=run.actor,
        face=run.face,
        content={
            "contract": row.contract.slug,
            "version": row.version,
            "service": provider.slug,
            "team": provider.team.slug,
            "consumers": [one.service.slug for one in found.consumers],
            "teams": sorted({one.service.team.slug for one in found.consumers}),
            "calls": found.calls,
            "answer": answer.word.value,
            "reason": reason.strip()[:1_000],
            "sentence": f"{run.actor.name} retired {row} all the same. {answer.sentence}",
        },
        at=run.now,
    )


@contextmanager
def _about(
    contract: str, version: str, by: Person, face: Face, *, breaking: bool = False
) -> Iterator[tuple[ContractVersion, Applying]]:
    """The transaction of a change to a version, for planners of its provider, or who breaks the glass."""
    with changing(by=by, face=face) as run:
        rows = Contract.objects.select_for_update(of=("self",)).select_related("provider__team")
        row = rows.get(slug=contract)
        team = row.provider.team.slug
        if breaking and Role.BREAKER.value not in held_roles(by.pk, lock=True).get(team, set()):
            raise NotAllowed(f"Only somebody with the break-glass role in {row.provider.team} does this.")
        if not breaking and not plans_for_service(by, row.provider.slug):
            raise NotAllowed(f"You may not change what is declared about {row.name}.")
        found = ContractVersion.objects.get(contract=row, version=version)
        found.contract = row
        yield found, run


def _dates(row: ContractVersion, entry: Mapping[str, Any], run: Applying) -> tuple[date, date | None]:
    """Since when it is deprecated and until when it stays; problems where these cannot be."""
    deprecated = _day(entry, "deprecated", run) or row.deprecated_on or run.now.date()
    days = rules_of(row.contract).deprecated_days
    sunset = _day(entry, "sunset", run)
    if sunset is None and "sunset" not in entry:
        sunset = row.sunset_on or (deprecated + timedelta(days=days) if days else None)
    if sunset and sunset < deprecated:
        run.problems.add(("sunset",), "Its last day is before it is deprecated.", "Write a later day.")
    elif sunset and days and sunset < deprecated + timedelta(days=days):
        least = deprecated + timedelta(days=days)
        run.problems.add(
            ("sunset",),
            f"By the contract's rules a deprecated version stays {days} days.",
            f"Write {least} or later, or change the rules.",
        )
    return deprecated, sunset


def _successor(row: ContractVersion, entry: Mapping[str, Any], run: Applying) -> ContractVersion | None:
    name = entry.get("successor", "")
    if not name:
        return None
    found = row.contract.versions.filter(version=name, gone_at__isnull=True).exclude(state="retired").first()
    if found is None or found.pk == row.pk:
        run.problems.add(
            ("successor",),
            f"{name} is no other version that is served or to be.",
            "Name one of this contract.",
        )
        return None
    return found


def _day(entry: Mapping[str, Any], name: str, run: Applying) -> date | None:
    return declaring.calendar_day(entry.get(name), (name,), run)
