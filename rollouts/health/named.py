"""Which sources close the windows of signals that are none of the known: own signals, and checks."""

from collections.abc import Collection
from datetime import datetime

from rollouts.health.models import OwnSignal, Probe
from rollouts.health.probes import windows
from rollouts.health.values import CHECK, OWN

Key = tuple[int, int, str]
"""Ids of a service and an environment, and the name of a series; empty for the known signals."""
Closed = list[tuple[int, datetime | None]]
"""Length of a source's windows in seconds, and how far they are closed."""


def closing(keys: Collection[Key]) -> dict[Key, Closed]:
    """The sources behind each of these series; three queries at most."""
    own = _of_own({key for key in keys if key[2].startswith(OWN)})
    slugs = {key[2].removeprefix(CHECK) for key in keys if key[2].startswith(CHECK)}
    checks = windows.closing(Probe.objects.filter(slug__in=slugs).select_related("service")) if slugs else {}
    return {key: [checks[key[2]]] if key[2] in checks else own.get(key[1:], []) for key in keys}


def _of_own(keys: Collection[Key]) -> dict[tuple[int, str], Closed]:
    if not keys:
        return {}
    rows = OwnSignal.objects.filter(
        named=True,
        name__in={name.removeprefix(OWN) for _service, _environment, name in keys},
        source__enabled=True,
        source__environment__in={environment for _service, environment, _name in keys},
    ).order_by("source", "pk")
    known: dict[tuple[int, str], Closed] = {}
    for row in rows.select_related("source"):
        source = row.source
        mine = known.setdefault((source.environment_id, f"{OWN}{row.name}"), [])
        mine.append((source.window_s, source.collected_through_at))
    return known


def own_signals() -> list[OwnSignal]:
    """Those that gates may call by their names, with their sources; one query."""
    rows = OwnSignal.objects.filter(named=True, source__enabled=True)
    return list(rows.select_related("source__environment").order_by("name", "pk"))


def own_signal(name: str) -> OwnSignal | None:
    """One of this name: all of them have the same shape and unit."""
    return OwnSignal.objects.filter(named=True, name=name).order_by("pk").first()
