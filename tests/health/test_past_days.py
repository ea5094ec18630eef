"""What Prometheus remembers of past days stands for windows that Gatehouse did not store, in back-tests."""

from datetime import timedelta
from typing import Any

import pytest

from rollouts.health.models import OwnSignal
from rollouts.health.queries import grids_of, with_memory
from rollouts.health.readings import Grid
from rollouts.health.sources import days
from rollouts.health.sources.prometheus import Api
from rollouts.health.values import Perspective, Signal
from tests.gates.factories import METRIC
from tests.gates.test_backtest import rollout, tried
from tests.health.factories import EPOCH, environment, series, service, window
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked
from tests.health.test_recorded_baselines import SHARE

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]
UNTIL = EPOCH + timedelta(minutes=40)
KNOWN = {"conventions": ["gatehouse"]}


def remembering(*signals: Signal, since: timedelta = timedelta()) -> Grid:
    key = (service().pk, environment().pk, "")
    grid = grids_of({key}, since=EPOCH - timedelta(hours=2) + since, until=UNTIL)[key]
    return with_memory(key, "orders", grid, until=UNTIL, signals=signals)


def counted(grid: Grid, start: int) -> tuple[float, float] | None:
    found = grid.side(start, Signal.ERRORS, Perspective.SERVER)
    return (found.bad, found.total) if found else None


def at(seconds: int) -> int:
    return int(EPOCH.timestamp()) + seconds


def test_windows_that_were_never_stored_come_from_memory_and_stored_ones_stay(prometheus: Prometheus) -> None:
    made = asked(prometheus.url, settings=KNOWN)
    stored = series(made, version="3.0.0")
    window(stored, 100, 7, 70)  # from EPOCH + 1500 s
    made.collected_through_at = EPOCH + timedelta(seconds=1515)
    made.save()
    grid = remembering(Signal.ERRORS, Signal.TRAFFIC)
    assert counted(grid, at(600)) == (2, 100)
    assert counted(grid, at(1500)) == (7, 70)
    assert counted(grid, at(1515)) is None
    assert counted(grid, at(-600)) is None
    assert len(list(grid.starts(at(0)))) == 101
    assert remembering(Signal.SATURATION).cells.keys() == {at(1500)}, "nobody remembers that"


def test_a_signal_that_stands_for_a_known_one_is_remembered_instead(prometheus: Prometheus) -> None:
    made = asked(prometheus.url, settings=KNOWN)
    doubled = {"total": SHARE["total"], "bad": f"2 * {SHARE['bad']}"}
    OwnSignal.objects.create(source=made, name="refused", signal="errors", **doubled)
    assert counted(remembering(Signal.ERRORS), at(600)) == (4, 100)


def test_days_are_asked_one_by_one_until_one_is_silent(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[tuple[int, int]] = []
    ranged = Api.ranged

    def counting(self: Any, text: str, begin: Any, end: Any, *rest: Any) -> Any:
        spans.append(tuple(round((each - EPOCH).total_seconds()) for each in (begin, end)))
        return ranged(self, text, begin, end, *rest)

    monkeypatch.setattr(Api, "ranged", counting)
    monkeypatch.setattr(days, "DAY", timedelta(seconds=1205))
    asked(prometheus.url, settings=KNOWN)
    grid = remembering(Signal.ERRORS)
    # Parts of whole windows, the newest first; the third holds nothing, and the last is not asked for.
    assert spans == [(1215, 2400), (15, 1200), (-1185, 0)]
    assert counted(grid, at(600)) == (2, 100)
    spans.clear()
    monkeypatch.setattr(days, "ALL_S", 0.0)
    assert not remembering(Signal.ERRORS).cells
    assert not spans


def test_a_source_that_is_silent_leaves_what_was_stored() -> None:
    made = asked("http://127.0.0.1:9/", settings=KNOWN)
    stored = series(made, version="3.0.0")
    window(stored, 100, 7, 70)
    assert remembering(Signal.ERRORS).cells.keys() == {at(1500)}


def test_a_gate_is_back_tested_on_the_day_that_its_source_was_added(prometheus: Prometheus) -> None:
    asked(prometheus.url, settings=KNOWN)
    gate = METRIC | {"min_requests": 20, "settings": {"signal": "errors", "limit": "5 %"}}
    (report,) = tried(rollout(gate)).reports
    assert report["why_not"] == ""
    assert report["windows"] >= 150
    assert report["since_at"].startswith("2026-03-02T09:00")
