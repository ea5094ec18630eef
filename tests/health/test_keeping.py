"""Windows in day partitions: made when needed, found when asked for, dropped when nobody keeps them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from rollouts.audit.registry import due_work
from rollouts.health import keeping, queries, services, writing
from rollouts.health.models import PartialData, Window
from rollouts.lib.clock import database_now
from tests.health.factories import EPOCH, environment, series, service, source, window

pytestmark = pytest.mark.django_db


def run(now: datetime) -> list[date]:
    work = due_work["health.windows"]
    days = list(work.due(now, 400))
    for day in days:
        work.run(day)
    return [date.fromordinal(day) for day in days]


def test_days_are_made_ahead_and_once() -> None:
    now = database_now()
    looked_at = run(now)
    today = now.astimezone(UTC).date()
    made = {*Window.DAYS.made()}
    assert {today + timedelta(days=ahead) for ahead in range(4)} <= made
    # Tests that commit leave days behind, which are over by now.
    assert all((day in made) is (day >= today) for day in looked_at)
    assert run(now) == []


def test_a_day_goes_when_the_source_that_keeps_longest_lets_it_go() -> None:
    short, long = source("short", keep_days=3), source("long", keep_days=10)
    now = database_now()
    for days in (2, 8, 12):
        Window.objects.create(series=series(short), start_at=now - timedelta(days=days))
    Window.objects.create(series=series(long), start_at=now - timedelta(days=8))
    run(now)
    left = Window.objects.order_by("start_at", "pk").values_list("series__source__slug", "start_at")
    assert sorted((slug, (now - at).days) for slug, at in left) == [("long", 8), ("short", 2), ("short", 8)]
    # A window that comes late to a day that is gone still finds its place, until the day goes again.
    Window.objects.create(series=series(short), start_at=now - timedelta(days=12))
    assert Window.objects.count() == 4
    run(now)
    assert Window.objects.count() == 3


def test_the_last_moment_of_a_day_is_kept_as_long_as_promised() -> None:
    source(keep_days=10)
    late = datetime(2026, 1, 1, 23, 59, 55, tzinfo=UTC)
    Window.DAYS.ensure([late.date()])
    day = late.date().toordinal()
    before, after = late + timedelta(days=10), late + timedelta(days=10, seconds=5)
    assert day not in Window.DAYS.due(before, keeping.longest(), 400)
    assert day in Window.DAYS.due(after, keeping.longest(), 400)


def test_a_window_is_stored_once_by_both_ways_of_writing() -> None:
    row = series(source())
    first = Window(series=row, start_at=EPOCH, bad=1, total=2, buckets=[[0.1, 1], [None, 2]])
    gauge = Window(series=row, start_at=EPOCH + timedelta(days=1), value=0.25, gap=True)
    writing.write([first, gauge])
    writing.write([Window(series=row, start_at=EPOCH, total=9)])
    writing.write([])
    rows = Window.objects.order_by("start_at", "pk").values_list("bad", "total", "value", "buckets", "gap")
    assert list(rows) == [(1, 2, None, [[0.1, 1], [None, 2]], False), (0, 0, 0.25, None, True)]
    with pytest.raises(IntegrityError), transaction.atomic():
        Window.objects.create(series=row, start_at=EPOCH)
    with pytest.raises(IntegrityError), transaction.atomic():
        writing.write([Window(series=row, start_at=EPOCH + timedelta(hours=1), bad=2, total=1)])
    assert Window.objects.bulk_create([first], ignore_conflicts=True)
    assert Window.objects.count() == 2


def test_windows_go_with_their_series() -> None:
    row = series(source())
    window(row, 0)
    row.source.delete()
    assert Window.objects.count() == 0


def test_a_gate_and_a_page_read_only_the_days_they_ask_for() -> None:
    row = series(source())
    for days in range(6):
        Window.objects.create(series=row, start_at=EPOCH + timedelta(days=days))
    since = EPOCH + timedelta(days=3)
    pair = (service().pk, environment().pk)
    seen: list[str] = []
    with connection.execute_wrapper(_Explained(seen)):
        queries.grids([pair], since=since, until=since + timedelta(hours=1))
        queries.calls(service().pk, since=EPOCH + timedelta(days=5))
    plans = [plan for plan in seen if "health_window" in plan]
    assert len(plans) == 2
    assert _days(plans[0]) == {"20260305"}
    assert "20260307" in _days(plans[1])
    assert not _days(plans[1]) & {"20260302", "20260303", "20260304", "20260305", "20260306"}


class _Explained:
    """Keeps the plan of every query."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def __call__(self, execute: Any, statement: str, params: Any, many: bool, context: Any) -> Any:
        with connection.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}", params)
            self.seen.append("\n".join(line[0] for line in cursor.fetchall()))
        return execute(statement, params, many, context)


def _days(plan: str) -> set[str]:
    return {word[len("health_window_d") :][:8] for word in plan.split() if word.startswith("health_window_d")}


def test_old_warnings_of_a_source_are_deleted_hourly() -> None:
    now = database_now()
    row = source(keep_days=1, prune_due_at=now)
    for days in (0, 2):
        PartialData.objects.create(source=row, start_at=now - timedelta(days=days), signal="errors", text="x")
    assert services.sources_to_prune(now, 10) == [row.pk]
    services.prune(row.pk)
    assert PartialData.objects.count() == 1
    assert services.sources_to_prune(now + timedelta(minutes=59), 10) == []
