"""From windows to counts to how a budget stands: one run for a batch of SLOs, a constant number of queries.

A window is counted once: the SLO's row remembers through when, and moves on in the transaction that adds.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from rollouts.health.models import Slo, SloCount
from rollouts.health.quantiles import slower_than
from rollouts.health.queries import grids
from rollouts.health.readings import Grid
from rollouts.health.signals import Measured
from rollouts.health.slos import telling
from rollouts.health.slos.values import HOUR_S, MINUTE_S, PAIRS, SPANS, Count, burning, remaining
from rollouts.health.values import Perspective, Signal
from rollouts.lib.clock import database_now

FINE_SPAN = timedelta(hours=6)
"""Windows up to this long are added up from minutes, longer ones from hours."""
KEEP_FINE = timedelta(hours=7)
EVERY = timedelta(minutes=1)
# Counting what was measured before an SLO was declared goes day by day, so that no run takes long.
MOST_AT_ONCE = timedelta(days=1)

Key = tuple[int, int, datetime]


def due(now: datetime, limit: int) -> list[int]:
    """Ids of the SLOs that are to be counted."""
    return list(Slo.objects.due(now).values_list("pk", flat=True)[:limit])


def count(pk: int) -> None:
    count_many([pk])


def count_many(pks: Collection[int]) -> None:
    """Adds the windows closed since, says how each budget stands, and tells of burns that begin and end."""
    with transaction.atomic():
        locked = (
            Slo.objects.due(database_now())
            .filter(pk__in=pks)
            .select_for_update(of=("self",), skip_locked=True)
        )
        slos = list(locked.select_related("service", "environment"))
        if not slos:
            return
        now = database_now()
        behind = _add(slos, now)
        sums = _sums([slo.pk for slo in slos], now)
        for slo in slos:
            slo.standing = standing(slo, sums.get(slo.pk, {}), now)
            telling.tell(slo, now)
            slo.due_at = now if slo.pk in behind else now + EVERY
        Slo.objects.bulk_update(
            slos, ["standing", "through_at", "due_at", "firing", "firing_since_at"], batch_size=500
        )
        _forget(slos, now)


def _add(slos: Collection[Slo], now: datetime) -> set[int]:
    """Adds closed windows to the counts; the ids of those that have more to read at once."""
    behind: set[int] = set()
    added: dict[Key, Count] = {}
    groups: defaultdict[datetime, list[Slo]] = defaultdict(list)
    for slo in slos:
        groups[slo.through_at or now - slo.period].append(slo)
    # SLOs that were counted together before are read together; others come after one another.
    for begin, group in groups.items():
        until = min(begin + MOST_AT_ONCE, now)
        found = grids(
            {(slo.service_id, slo.environment_id) for slo in group},
            since=begin,
            until=until,
            signals=(Signal.ERRORS, Signal.LATENCY),
        )
        for slo in group:
            grid = found[slo.service_id, slo.environment_id]
            _add_windows(slo, grid, added)
            through = datetime.fromtimestamp(grid.through, UTC) if grid.through is not None else None
            if until < now:
                slo.through_at = until
                behind.add(slo.pk)
            elif through is not None and through > begin:
                slo.through_at = through
    _write(added)
    return behind


def _add_windows(slo: Slo, grid: Grid, added: dict[Key, Count]) -> None:
    for start in grid.starts():
        # Of a new objective's period most was watched by nobody.
        counted = window_count(slo, grid, start) if start in grid.cells else None
        if counted is None:
            continue
        for span in (MINUTE_S, HOUR_S):
            key = (slo.pk, span, datetime.fromtimestamp(start - start % span, UTC))
            added[key] = added.get(key, Count()).plus(counted)


def window_count(slo: Slo, grid: Grid, start: int) -> Count | None:
    """Bad and all requests of a window, as the side that saw more of them bad counted; None: no data."""
    sides = (grid.side(start, Signal(slo.signal), perspective) for perspective in Perspective)
    counts = [_count(slo, measured) for measured in sides if measured is not None]
    return max(counts, key=lambda one: (one.bad, one.total), default=None)


def _count(slo: Slo, measured: Measured) -> Count:
    total = round(measured.total)
    if slo.slower_than_s is None:
        return Count(min(round(measured.bad), total), total)
    return Count(min(round(slower_than(slo.slower_than_s, measured.buckets)[0]), total), total)


def _write(added: Mapping[Key, Count]) -> None:
    if not added:
        return
    columns: list[list[Any]] = [[], [], [], [], []]
    for (pk, span, start), counted in sorted(added.items()):
        for column, value in zip(
            columns, (pk, span, start, round(counted.bad), round(counted.total)), strict=True
        ):
            column.append(value)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO health_slocount (slo_id, span_s, start_at, bad, total) "
            "SELECT * FROM unnest("
            "%s::bigint[], %s::smallint[], %s::timestamptz[], %s::bigint[], %s::bigint[]) "
            "ON CONFLICT (slo_id, span_s, start_at) DO UPDATE "
            "SET bad = health_slocount.bad + EXCLUDED.bad, total = health_slocount.total + EXCLUDED.total",
            columns,
        )


def _sums(pks: Collection[int], now: datetime) -> dict[int, dict[timedelta, Count]]:
    """What each span of SPANS and the whole period hold, for each SLO; one query."""
    parts: list[str] = []
    values: list[Any] = []
    for span in SPANS:
        fine = span <= FINE_SPAN
        begin = now - span
        within = "span_s = %s AND start_at >= %s"
        parts += [f"sum(bad) FILTER (WHERE {within})", f"sum(total) FILTER (WHERE {within})"]
        values += [MINUTE_S if fine else HOUR_S, begin] * 2
    within = "span_s = %s AND start_at > %s - slo.period_days * interval '1 day'"
    parts += [f"sum(bad) FILTER (WHERE {within})", f"sum(total) FILTER (WHERE {within})"]
    values += [HOUR_S, now] * 2
    # Made of the constants above only; values are passed apart.
    statement = (
        f"SELECT slo_id, {', '.join(parts)} FROM health_slocount "  # noqa: S608
        "JOIN health_slo AS slo ON slo.id = slo_id WHERE slo_id = ANY(%s) GROUP BY slo_id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, list(pks)])
        rows = cursor.fetchall()
    found = {}
    for pk, *numbers in rows:
        pairs = [Count(int(bad or 0), int(total or 0)) for bad, total in _pairs(numbers)]
        found[pk] = dict(zip((*SPANS, PERIOD), pairs, strict=True))
    return found


PERIOD = timedelta.max
"""Stands for the SLO's own period among the spans."""


def _pairs(numbers: list[Any]) -> Iterable[tuple[Any, Any]]:
    return zip(numbers[::2], numbers[1::2], strict=True)


def standing(slo: Slo, sums: Mapping[timedelta, Count], now: datetime) -> dict[str, Any]:
    """How the budget stands, as JSON: what pages, the API and gates read."""
    whole = sums.get(PERIOD, Count())
    burns = burning(sums, slo.target, slo.period)
    fires = {each.pair.urgency for each in burns if each.fires}
    return {
        "at": now.isoformat(),
        "bad": whole.bad,
        "total": whole.total,
        "remaining": remaining(whole, slo.target),
        "burns": [
            {
                "long_s": each.pair.long.total_seconds(),
                "short_s": each.pair.short.total_seconds(),
                "long": each.long,
                "short": each.short,
                "factor": each.factor,
                "urgency": each.pair.urgency,
                "fires": each.fires,
            }
            for each in burns
        ],
        "firing": next((urgency for urgency in _urgencies() if urgency in fires), ""),
    }


def _urgencies() -> list[str]:
    """Worst first."""
    return list(dict.fromkeys(pair.urgency for pair in PAIRS))


def _forget(slos: Collection[Slo], now: datetime) -> None:
    """Deletes minutes and hours that no span reaches any more."""
    pks = [slo.pk for slo in slos]
    SloCount.objects.filter(slo__in=pks, span_s=MINUTE_S, start_at__lt=now - KEEP_FINE).delete()
    longest = max(slo.period for slo in slos)
    SloCount.objects.filter(
        slo__in=pks, span_s=HOUR_S, start_at__lt=now - longest - timedelta(days=1)
    ).delete()
