"""The last weeks of Shipping quotes 1, as a gateway counted them: its only caller moved to version 2."""

from datetime import date, timedelta

from demo.loader.acting import who
from rollouts.health.edges.pushing import Entry, push
from rollouts.health.models import ObservedEdge
from rollouts.lib.clock import database_now

FIRST, BEGAN, MOVED = 45, 28, 20
"""Days ago: the first that is told, the first calls of version 2, the last of version 1."""
A_DAY = 2_400


def called() -> None:
    """Pushes the calls of each day once."""
    if ObservedEdge.objects.filter(contract="shipping-quotes").exists():
        return
    today = database_now().date()
    entries = [
        Entry("checkout", "shipping", day, calls, contract="shipping-quotes", version=version)
        for ago in range(FIRST, -1, -1)
        for day, version, calls in _day(today, ago)
    ]
    push(environment="production", origin="gateway", entries=entries, by=who("tomas.rey"))


def _day(today: date, ago: int) -> list[tuple[date, str, int]]:
    """What one day saw: version 2 takes over between `BEGAN` and `MOVED`."""
    share = min(1.0, max(0.0, (BEGAN - ago) / (BEGAN - MOVED)))
    calls = (("1", round(A_DAY * (1 - share))), ("2", round(A_DAY * share)))
    return [(today - timedelta(days=ago), version, many) for version, many in calls if many]
