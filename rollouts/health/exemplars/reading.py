"""What pages and the API read of exemplars."""

from collections.abc import Collection
from datetime import datetime

from rollouts.health.exemplars.models import Exemplar
from rollouts.health.values import SIDES, Signal

MOST = 20


def exemplars(
    service_id: int,
    environment_id: int,
    *,
    since: datetime,
    until: datetime,
    signals: Collection[Signal] = (Signal.ERRORS, Signal.LATENCY),
    versions: Collection[str] | None = None,
    limit: int = MOST,
) -> list[Exemplar]:
    """Requests that sources named in this time: the slowest of latency, the newest of errors. One query."""
    rows = Exemplar.objects.filter(
        series__service=service_id,
        series__environment=environment_id,
        series__signal__in=signals,
        series__perspective__in=SIDES,
        series__name="",
        at__gte=since,
        at__lte=until,
    )
    if versions is not None:
        rows = rows.filter(series__version__in=versions)
    order = ("-value", "-at") if set(signals) == {Signal.LATENCY} else ("-at",)
    return list(rows.select_related("series").order_by(*order, "pk")[:limit])
