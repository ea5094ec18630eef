"""How long the windows of a service are, and how far they are closed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from rollouts.health import named
from rollouts.health.models import Series, Source, Target

Pair = tuple[int, int]
"""Ids of a service and an environment."""
DEFAULT_WINDOW_S = 60
# A source that lags further behind the others than so many windows is not waited for.
WAIT_WINDOWS = 2


@dataclass(frozen=True)
class Clock:
    """Length of the windows of a service in an environment, and how far they are closed."""

    window_s: int = DEFAULT_WINDOW_S
    through: datetime | None = None


def clocks(pairs: Collection[Pair]) -> dict[Pair, Clock]:
    """The clocks of services in environments: by the sources that know them, else by all there are."""
    environments = {environment for _, environment in pairs}
    services = {service for service, _ in pairs}
    rows = list(
        Source.objects.filter(environment__in=environments, enabled=True)
        .order_by("pk")
        .values_list("pk", "environment_id", "window_s", "collected_through_at")
    )
    knows = set(
        Target.objects.filter(service__in=services, source__enabled=True)
        .values_list("source_id", "service_id")
        .union(
            Series.objects.filter(service__in=services, environment__in=environments, name="")
            .values_list("source_id", "service_id")
            .distinct()
        )
    )
    found: dict[Pair, Clock] = {}
    for service, environment in pairs:
        mine = [row for row in rows if row[1] == environment]
        near = [row for row in mine if (row[0], service) in knows]
        found[service, environment] = clock_of([(row[2], row[3]) for row in near or mine])
    return found


def clock_of(sources: Collection[tuple[int, datetime | None]]) -> Clock:
    """Closed as far as every source is that keeps up with the newest."""
    if not sources:
        return Clock()
    window_s = max(length for length, _ in sources)
    closed = [through for _, through in sources if through is not None]
    if not closed:
        return Clock(window_s)
    newest = max(closed)
    near = [at for at in closed if (newest - at).total_seconds() <= WAIT_WINDOWS * window_s]
    return Clock(window_s, min(near))


def clocks_of(keys: Collection[named.Key]) -> dict[named.Key, Clock]:
    """The clocks of what gates look at: of services as `clocks` says, of named series those of sources."""
    pairs = {key[:2] for key in keys if not key[2]}
    plain = clocks(pairs) if pairs else {}
    found = named.closing([key for key in keys if key[2]])
    return {key: clock_of(found[key]) if key[2] else plain[key[:2]] for key in keys}
