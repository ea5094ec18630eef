"""Tells the team of a synthetic check that it fails: once for an outage, and once when it is over."""

from datetime import datetime

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.health.models import Probe
from rollouts.health.probes.queries import Stand, stands
from rollouts.health.probes.values import Standing


def tell_owner(probe_id: int, *, now: datetime) -> None:
    """Append `probe.failing` or `probe.recovered` when it is time, in the transaction that keeps the run.

    A check that says nothing has not recovered. One run at a time: two locations may end theirs at once.
    """
    rows = Probe.objects.select_for_update(of=("self",)).select_related("service__team", "environment")
    probe = rows.get(pk=probe_id)
    stand = stands([probe], now)[0]
    told = probe.failing_told_at
    if stand.check is Standing.FAIL and told is None:
        probe.failing_told_at = now
        _append(probe, "probe.failing", _failing(stand), stand, now)
    elif stand.check is Standing.PASS and told is not None:
        probe.failing_told_at = None
        minutes = max(1, round((now - told).total_seconds() / 60))
        said = f"The check {probe.title} passes again, about {minutes} min after this was told."
        _append(probe, "probe.recovered", said, stand, now)
    else:
        return
    probe.save(update_fields=["failing_told_at"])


def _failing(stand: Stand) -> str:
    probe = stand.probe
    where = f"{probe.service.name} {probe.version}".strip()
    return f"The check {probe.title} of {where} in {probe.environment.name} fails. {stand.words}"


def _append(probe: Probe, kind: str, sentence: str, stand: Stand, now: datetime) -> None:
    audit.append(
        stream=probe.stream,
        kind=kind,
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "probe": probe.slug,
            "service": probe.service.slug,
            "environment": probe.environment.slug,
            "team": probe.service.team.slug,
            "users": stand.users.value,
            "error": stand.last.said if stand.last else "",
            "sentence": sentence,
        },
        at=now,
    )
