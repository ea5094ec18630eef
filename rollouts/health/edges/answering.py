"""What people say of an edge: verbs of the page and the API. Each is logged once, for the calling service."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Service
from rollouts.catalog.queries import administers, teams_described_by
from rollouts.contracts import services as contracts
from rollouts.contracts.queries import plans_for_service
from rollouts.health.edges.models import EdgeAnswer
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

Said = EdgeAnswer.Said
AGAIN = timedelta(days=1)
"""An owner is asked about one thing once a day at most."""
ACTIONS = ("declare", "remove", "none", "stands", "ask")


@dataclass(frozen=True)
class About:
    """The edge that is meant; without `caller`, nobody knows who calls."""

    caller: str
    callee: str
    contract: str = ""
    version: str = ""

    @property
    def words(self) -> str:
        by = f" by {self.contract}" if self.contract else ""
        by += f" {self.version}" if self.contract and self.version else ""
        return f"{self.caller or 'somebody'} on {self.callee}{by}"


def answer(*, action: str, about: About, reason: str = "", by: Person, face: Face) -> str:
    """Does what the lists offer, and says what was done in a sentence.

    declare, remove: the declaration; none: it is no dependency; stands: a silent one holds still; ask: the
    owner is told and asked. Raises Refusal (also NotAllowed, Unsound) and DoesNotExist.
    """
    match action:
        case "declare":
            return _declare(about, by, face)
        case "remove":
            return _remove(about, by, face)
        case "none" | "stands":
            return _say(Said(action), about, reason, by, face)
        case "ask":
            return _ask(about, reason, by, face)
    raise Refusal("unknown_action", f"There is no action {action}.", f"Choose one of {', '.join(ACTIONS)}.")


def _declare(about: About, by: Person, face: Face) -> str:
    if about.contract:
        entry = {"service": about.caller}
        contracts.save_consumer(contract=about.contract, entry=entry, by=by, face=face)
    else:
        entry = {"service": about.caller, "calls": about.callee}
        catalog.save_entry(section="dependencies", entry=entry, by=by, face=face)
    return f"Declared: {about.words}."


def _remove(about: About, by: Person, face: Face) -> str:
    if about.contract:
        contracts.remove_consumer(contract=about.contract, service=about.caller, by=by, face=face)
    else:
        contracts.remove_dependency(service=about.caller, calls=about.callee, by=by, face=face)
    return f"No longer declared: {about.words}."


def _say(said: Said, about: About, reason: str, by: Person, face: Face) -> str:
    with transaction.atomic(durable=True):
        _lock(about)
        if not any(plans_for_service(by, slug) for slug in (about.caller, about.callee) if slug):
            raise catalog.NotAllowed(f"You may not say what {about.caller or about.callee} relies on.")
        row = _standing(said, about) or _new(said, about)
        row.reason, row.by, row.at = reason[:300], by.name, database_now()
        row.save()
        kind = "dependency.dismissed" if said is Said.NONE else "dependency.confirmed"
        word = "is no dependency" if said is Said.NONE else "still stands"
        because = f": {row.reason}" if row.reason else "."
        _log(row, kind, f"{by.name}: {about.words} {word}{because}", by, face)
    return f"Noted: {about.words} {word}."


def _ask(about: About, reason: str, by: Person, face: Face) -> str:
    with transaction.atomic(durable=True):
        owner = _lock(about)
        if not administers(by) and not teams_described_by(by).exists():
            raise catalog.NotAllowed("You may not ask owners about their services.")
        row, now = _standing(Said.ASKED, about) or _new(Said.ASKED, about), database_now()
        if row.pk and now - row.at < AGAIN:
            sentence = f"{row.by} asked about {about.words} at {row.at:%H:%M} UTC on {row.at:%d %B}."
            raise Refusal("asked_already", sentence, "Give them a day to answer.")
        row.reason, row.by, row.at = reason[:300], by.name, now
        row.save()
        _log(row, "dependency.asked", f"{by.name} asks about {about.words}. {row.reason}".strip(), by, face)
    return f"{owner.team.name} is asked about {about.words}."


def take_back(*, pk: int, by: Person, face: Face) -> str:
    """What was said holds no longer, and the edge is listed again. Raises NotAllowed and DoesNotExist."""
    with transaction.atomic(durable=True):
        row = EdgeAnswer.objects.select_for_update().get(pk=pk, ended_at=None)
        if not any(plans_for_service(by, slug) for slug in (row.caller, row.callee) if slug):
            raise catalog.NotAllowed(f"You may not say what {row.caller or row.callee} relies on.")
        row.ended_at = database_now()
        row.save(update_fields=["ended_at"])
        about = About(row.caller, row.callee, row.contract, row.version)
        _log(row, "dependency.taken_back", f"{by.name} takes back what was said of {about.words}.", by, face)
    return f"Taken back: what was said of {about.words}."


def _lock(about: About) -> Service:
    """The service whose team answers, locked: who calls, else who is called. Raises Service.DoesNotExist."""
    rows = Service.objects.select_for_update(of=("self",)).select_related("team")
    found = {row.slug: row for row in rows.filter(slug__in=[about.caller, about.callee]).order_by("pk")}
    owner = found.get(about.caller) or found.get(about.callee)
    if owner is None:
        raise Service.DoesNotExist
    return owner


def _standing(said: Said, about: About) -> EdgeAnswer | None:
    return EdgeAnswer.objects.filter(said=said, ended_at=None, **vars(about)).first()


def _new(said: Said, about: About) -> EdgeAnswer:
    return EdgeAnswer(said=said, **vars(about))


def _log(row: EdgeAnswer, kind: str, sentence: str, by: Person, face: Face) -> None:
    about = {name: getattr(row, name) for name in ("caller", "callee", "contract", "version")}
    owner = _lock(About(**about))
    audit.append(
        stream=f"service:{owner.slug}",
        kind=kind,
        actor=by.actor,
        face=face,
        content={
            **about,
            "service": owner.slug,
            "team": owner.team.slug,
            "reason": row.reason,
            "sentence": sentence,
        },
        at=row.ended_at or row.at,
    )
