"""Calls that several origins counted, added up by caller. Pure."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from rollouts.health.speaking.calls import Heard


@dataclass(frozen=True)
class Added:
    """By caller; `unnamed`: what is left of all calls when those with a name are taken away."""

    named: dict[str, int] = field(default_factory=dict)
    unnamed: int = 0
    last_at: datetime | None = None

    @property
    def total(self) -> int:
        return sum(self.named.values()) + self.unnamed


def added(rows: Iterable[Heard], many: Callable[[Heard], int], *, environment: str = "") -> Added:
    """`many` calls of each row. Origins see the same calls: of each caller the one that saw most counts."""
    counted: dict[str, dict[str, dict[str, int]]] = {}
    last: list[datetime] = []
    for row in rows:
        if environment and row.environment != environment:
            continue
        by_origin = counted.setdefault(row.environment, {}).setdefault(row.caller, {})
        by_origin[row.origin] = by_origin.get(row.origin, 0) + many(row)
        if row.last_at is not None:
            last.append(row.last_at)
    named: dict[str, int] = {}
    unnamed = 0
    for callers in counted.values():
        here = {caller: _most(origins.values()) for caller, origins in callers.items()}
        unnamed += max(0, here.pop("", 0) - sum(here.values()))
        for caller, calls in here.items():
            named[caller] = named.get(caller, 0) + calls
    return Added({name: calls for name, calls in named.items() if calls}, unnamed, max(last, default=None))


def _most(counts: Collection[int]) -> int:
    return max(counts, default=0)
