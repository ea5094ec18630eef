"""When a synthetic check fails so that the team of its service is told."""

from datetime import datetime

from rollouts.health import outages
from rollouts.health.models import Probe
from rollouts.health.probes.queries import Stand, stands
from rollouts.health.probes.values import Standing


def tell_owner(probe_id: int, *, now: datetime) -> None:
    """See `outages.tell`; in the transaction that keeps the run.

    One run at a time: two locations may end theirs at once.
    """
    rows = Probe.objects.select_for_update(of=("self",)).select_related("service__team", "environment")
    probe = rows.get(pk=probe_id)
    if outages.tell(probe, _seen(stands([probe], now)[0]), now=now):
        probe.save(update_fields=["failing_told_at"])


def _seen(stand: Stand) -> outages.Seen:
    probe = stand.probe
    where = f"{probe.service.name} {probe.version}".strip()
    return outages.Seen(
        what="probe",
        fails=stand.check is Standing.FAIL,
        well=stand.check is Standing.PASS,
        failing=f"The check {probe.title} of {where} in {probe.environment.name} fails. {stand.words}",
        well_again=f"The check {probe.title} passes again",
        content={
            "service": probe.service.slug,
            "environment": probe.environment.slug,
            "team": probe.service.team.slug,
            "users": stand.users.value,
            "error": stand.last.said if stand.last else "",
        },
    )
