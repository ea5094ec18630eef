"""Freezes: windows in which no stage is entered. Declared, changed and lifted; each is logged."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import held_roles
from rollouts.accounts.values import Role
from rollouts.audit import services as audit
from rollouts.audit.values import EventView, Face
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import administers
from rollouts.lib.clock import database_now
from rollouts.lib.idempotency import ClientKey
from rollouts.lib.refusals import Refusal
from rollouts.plans.document.local_time import NotATime, resolve
from rollouts.plans.models import Freeze

MAY = frozenset({Role.PLANNER.value, Role.ADMIN.value, Role.APPROVER.value})


class NotAllowed(Refusal):
    """The actor may not freeze this."""


class Senseless(Refusal):
    """What was given cannot be meant; `field` names where."""

    def __init__(self, field: str, sentence: str, remedy: str) -> None:
        super().__init__("senseless", sentence, remedy)
        self.field = field


@dataclass(frozen=True)
class Given:
    """A freeze as people write it: local times in an IANA zone. No services: all of them."""

    name: str
    team: str
    starts: str
    ends: str
    zone: str = "UTC"
    reason: str = ""
    environment: str = ""
    services: tuple[str, ...] = ()
    max_tier: int | None = None
    absolute: bool = False


def save_freeze(
    *,
    given: Given,
    by: Person,
    face: Face,
    freeze_id: int | None = None,
    key: ClientKey | None = None,
) -> Freeze:
    """Declares a freeze, or changes one. Raises NotAllowed, Senseless and Freeze.DoesNotExist.

    With a client's key that was used before it raises Repeated or KeyReused. A team freezes services that it
    owns; what reaches further is for administrators of the installation.
    """
    with transaction.atomic(durable=True):
        now = database_now()
        audit.require_new(key, actor=by.actor, now=now)
        row = Freeze.objects.select_for_update().get(pk=freeze_id) if freeze_id else Freeze()
        if freeze_id:
            _require(row, list(row.services.all()), by)
        services = _fill(row, given)
        _require(row, services, by)
        row.save()
        row.services.set(services)
        event = _log(row, "plans.freeze_changed" if freeze_id else "plans.freeze_declared", by, face)
        audit.bind(key, actor=by.actor, event=event, now=now)
        return row


def lift_freeze(*, freeze_id: int, by: Person, face: Face) -> Freeze:
    """Ends a freeze now, or takes it off the calendar. Raises NotAllowed and Freeze.DoesNotExist."""
    with transaction.atomic(durable=True):
        row = Freeze.objects.select_for_update(of=("self",)).select_related("team").get(pk=freeze_id)
        _require(row, list(row.services.all()), by)
        if row.lifted_at is None:
            row.lifted_at = database_now()
            row.save(update_fields=["lifted_at"])
            _log(row, "plans.freeze_lifted", by, face)
        return row


def may_change(row: Freeze, services: list[Service], by: Person) -> bool:
    """Whether the person may declare, change or lift this freeze."""
    if administers(by):
        return True
    owns = bool(services) and all(service.team_id == row.team_id for service in services)
    return owns and bool(MAY & held_roles(by.pk, lock=connection.in_atomic_block).get(row.team.slug, set()))


def _require(row: Freeze, services: list[Service], by: Person) -> None:
    if not may_change(row, services, by):
        sentence = "A team freezes services that it owns; what reaches further is for administrators."
        raise NotAllowed("forbidden", sentence, "Name services of your team, or ask an administrator.")


def _fill(row: Freeze, given: Given) -> list[Service]:
    row.name, row.reason = given.name.strip(), given.reason.strip()
    if not row.name:
        raise Senseless("name", "A freeze has a name.", "Write one, such as Peak trade.")
    team = Team.objects.filter(slug=given.team).first()
    if team is None:
        raise Senseless("team", f"There is no team named {given.team}.", "Name the team that owns it.")
    row.team = team
    row.environment = None
    if given.environment:
        row.environment = Environment.objects.filter(slug=given.environment).first()
        if row.environment is None:
            sentence = f"There is no environment named {given.environment}."
            raise Senseless("environment", sentence, "Name one, or none for all.")
    row.starts_at, row.ends_at = _at("starts", given.starts, given), _at("ends", given.ends, given)
    if row.ends_at <= row.starts_at:
        raise Senseless("ends", "The freeze ends before it begins.", "Write a later end.")
    if given.max_tier is not None and not 0 <= given.max_tier <= 4:
        raise Senseless("max_tier", "A tier is a number from 0 to 4.", "Write one, or nothing for all.")
    row.zone, row.max_tier, row.absolute = given.zone, given.max_tier, given.absolute
    found = {one.slug: one for one in Service.objects.filter(slug__in=given.services)}
    for slug in given.services:
        if slug not in found:
            raise Senseless("services", f"There is no service named {slug}.", "Correct the name.")
    return list(found.values())


def _at(field: str, text: str, given: Given) -> datetime:
    try:
        return resolve(text, given.zone).at
    except NotATime as fault:
        where = "zone" if "zone of the IANA" in fault.message else field
        raise Senseless(where, fault.message, fault.remedy) from None


def _log(row: Freeze, kind: str, by: Person, face: Face) -> EventView:
    """What binds an environment stands in its log; what binds all, in that of the settings."""
    verb = {"plans.freeze_declared": "declared", "plans.freeze_changed": "changed"}.get(kind, "lifted")
    there = row.environment.name if row.environment else "all environments"
    start, end = (at.astimezone(ZoneInfo(row.zone)) for at in (row.starts_at, row.ends_at))
    window = f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {row.zone}"
    return audit.append(
        stream=f"policy:{row.environment.slug}" if row.environment else "settings",
        kind=kind,
        actor=by.actor,
        face=face,
        content={
            "freeze": row.pk,
            "name": row.name,
            "reason": row.reason,
            "team": row.team.slug,
            "services": sorted(row.services.values_list("slug", flat=True)),
            "max_tier": row.max_tier,
            "absolute": row.absolute,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "sentence": f"{by.name} {verb} the freeze {row.name} of {there}: {window}.",
        },
        at=database_now(),
    )
