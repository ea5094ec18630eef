"""Which sources close the windows of signals that are none of the known: own signals by their names."""

from collections.abc import Collection
from datetime import datetime

from rollouts.health.models import OwnSignal
from rollouts.health.values import OWN

Key = tuple[int, int, str]
"""Ids of a service and an environment, and the name of a series; empty for the known signals."""
Closed = list[tuple[int, datetime | None]]
"""Length of a source's windows in seconds, and how far they are closed."""


def closing(keys: Collection[Key]) -> dict[Key, Closed]:
    """The sources behind each of these series; one query."""
    names = {name.removeprefix(OWN) for _service, _environment, name in keys if name.startswith(OWN)}
    if not names:
        return {key: [] for key in keys}
    rows = OwnSignal.objects.filter(
        named=True,
        name__in=names,
        source__enabled=True,
        source__environment__in={environment for _service, environment, _name in keys},
    ).order_by("source", "pk")
    known: dict[tuple[int, str], Closed] = {}
    for row in rows.select_related("source"):
        source = row.source
        mine = known.setdefault((source.environment_id, f"{OWN}{row.name}"), [])
        mine.append((source.window_s, source.collected_through_at))
    return {key: known.get(key[1:], []) for key in keys}


def own_signals() -> list[OwnSignal]:
    """Those that gates may call by their names, with their sources; one query."""
    rows = OwnSignal.objects.filter(named=True, source__enabled=True)
    return list(rows.select_related("source__environment").order_by("name", "pk"))


def own_signal(name: str) -> OwnSignal | None:
    """One of this name: all of them have the same shape and unit."""
    return OwnSignal.objects.filter(named=True, name=name).order_by("pk").first()
