"""Verbs of synthetic checks: run what is due, ask for a run, keep secrets, end one."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.values import Face
from rollouts.catalog.queries import plans_for
from rollouts.health.models import Probe, ProbeAt, ProbeRun
from rollouts.health.probes import outages, running, windows
from rollouts.health.probes.values import Step
from rollouts.lib import http, secrets
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal

KEPT = timedelta(days=14)
SPARE = timedelta(seconds=10)
MOST_SECRETS = 20
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def location() -> str:
    """The name of the prober that this process is (`GATEHOUSE_LOCATION`)."""
    name: str = settings.GATEHOUSE_LOCATION
    return name


def due(now: datetime, limit: int) -> list[int]:
    """Ids of the checks that this location is to run now."""
    return list(ProbeAt.objects.due(now, location()).values_list("pk", flat=True)[:limit])


def run(place_id: int) -> None:
    """Run the check if it is due here, and keep what it found. Safe to run twice at once.

    A worker of another location leaves it to the ticker of its own.
    """
    now = database_now()
    place = (
        ProbeAt.objects.due(now, location())
        .filter(pk=place_id)
        .select_related("probe__service__team")
        .first()
    )
    if place is None:
        return
    probe = place.probe
    until = now + timedelta(seconds=probe.timeout_s) + SPARE
    if not ProbeAt.objects.due(now, location()).filter(pk=place_id).update(claimed_until_at=until):
        return
    done = _outcome(probe)
    with transaction.atomic():
        mine = ProbeAt.objects.select_for_update().filter(pk=place_id, claimed_until_at=until).first()
        if mine is None:
            return
        ProbeRun.objects.create(
            probe=probe,
            location=mine.location,
            at=now,
            ok=done.ok,
            took_s=sum(step.took_s for step in done.steps),
            trace_id=done.trace_id,
            said=done.said,
            steps=[step.as_json() for step in done.steps],
        )
        windows.ensure(probe, now)
        outages.tell_owner(probe.pk, now=database_now())
        missed = max(0, (database_now() - mine.due_at) // probe.interval)
        mine.due_at, mine.claimed_until_at = mine.due_at + probe.interval * (missed + 1), None
        mine.save(update_fields=["due_at", "claimed_until_at"])


def _outcome(probe: Probe) -> running.Outcome:
    try:
        secret = opened(probe)
    except secrets.Unreadable as error:
        return running.Outcome("", (running.Done("Secrets", False, None, 0.0, {}, str(error)),))
    headers = {probe.version_header: probe.version} if probe.version_header else {}
    return running.run(
        [Step.read(entry) for entry in probe.steps],
        variables={"version": probe.version},
        secret=secret,
        timeout_s=probe.timeout_s,
        headers=headers,
        connect_to=probe.connect_to,
        guard=http.operator_guard(),
    )


def opened(probe: Probe) -> dict[str, str]:
    """The secrets by name. Raises Unreadable."""
    kept: dict[str, str] = json.loads(secrets.decrypt(probe.secrets)) if probe.secrets else {}
    return kept


def require_may(person: Person, probe: Probe) -> None:
    """Raises Refusal unless the person plans for the team that owns the service."""
    if not plans_for(person, probe.service.team.slug):
        team = probe.service.team.name
        raise Refusal("forbidden", f"You may not change {probe.title}.", f"Ask a planner of {team}.")


def _locked(slug: str) -> Probe:
    rows = Probe.objects.select_for_update(of=("self",)).select_related("service__team")
    return rows.get(slug=slug, gone_at=None)


def ask_run(*, slug: str, by: Person, face: Face) -> Probe:
    """Have it run at once, everywhere. Raises Refusal, and Probe.DoesNotExist."""
    with audit.door(lambda: _locked(slug)) as (probe, now):
        require_may(by, probe)
        if not probe.enabled:
            raise Refusal("switched_off", f"{probe.title} is switched off.", "Switch it on first.")
        probe.places.update(due_at=now)
        _log(probe, "probe.asked", f"{by.actor.name} had {probe.title} run at once.", by, face, now)
    return probe


def set_secrets(*, slug: str, values: Mapping[str, str], by: Person, face: Face) -> Probe:
    """Keep these secrets, encrypted; an empty value keeps the one before, what is not named is forgotten.

    The log says their names only. Raises Refusal, and Probe.DoesNotExist.
    """
    with audit.door(lambda: _locked(slug)) as (probe, now):
        require_may(by, probe)
        try:
            before = opened(probe)
        except secrets.Unreadable:
            before = {}
        kept = {name: value or before.get(name, "") for name, value in values.items()}
        if empty := sorted(name for name, value in kept.items() if not value):
            raise Refusal("empty", f"The secret {empty[0]} has no value.", "Enter one, or leave it out.")
        probe.secrets = secrets.encrypt(json.dumps(kept)) if kept else ""
        probe.save(update_fields=["secrets"])
        names = ", ".join(sorted(kept)) or "none"
        said = f"{by.actor.name} set the secrets of {probe.title}: {names}."
        _log(probe, "probe.secrets_set", said, by, face, now)
    return probe


def end(*, slug: str, by: Person, face: Face) -> None:
    """Run it no more; what was logged stays. Raises Refusal, and Probe.DoesNotExist."""
    with audit.door(lambda: _locked(slug)) as (probe, now):
        require_may(by, probe)
        probe.gone_at = now
        probe.secrets = ""
        probe.save(update_fields=["gone_at", "secrets"])
        _log(probe, "probe.ended", f"{by.actor.name} ended the check {probe.title}.", by, face, now)


def _log(probe: Probe, kind: str, sentence: str, by: Person, face: Face, now: datetime) -> None:
    audit.append(
        stream=probe.stream,
        kind=kind,
        actor=by.actor,
        face=face,
        content={"probe": probe.slug, "service": probe.service.slug, "sentence": sentence},
        at=now,
    )


def due_days(now: datetime, limit: int) -> Sequence[int]:
    """The days of runs that are to be made or dropped."""
    return ProbeRun.DAYS.due(now, KEPT, limit)


def keep_day(ordinal: int) -> None:
    """Makes the day, or drops it when it is over for long enough. Safe to run twice."""
    ProbeRun.DAYS.run(ordinal, database_now(), KEPT)
