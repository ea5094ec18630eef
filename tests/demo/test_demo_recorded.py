"""The fleet's own recordings, asked as Gatehouse asks a Prometheus server."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from demo.fleet.control import Control
from demo.fleet.fleet import Fleet
from demo.fleet.orders import NEW, OLD
from demo.fleet.recorded import NAME, Recorder
from rollouts.health.sources.answers import Answer, State
from rollouts.health.sources.prometheus import Api
from tests.waiting import wait_for

NOON = 1_790_000_000.0


@pytest.fixture
def control() -> Iterator[Control]:
    """A fleet without load; a test says what was recorded."""
    fleet = Fleet()
    control = Control(fleet)
    control.server.start()
    yield control
    control.server.close()
    fleet.stop()


def note(control: Control, *sizes: tuple[int, int, int, int]) -> Recorder:
    """Every five seconds: bytes and answers of the old version, then of the new one."""
    recorder = control._fleet.recorder
    for number, (old, olds, new, news) in enumerate(sizes):
        recorder.note(NOON + 5 * number, {OLD: (old, olds), NEW: (new, news)})
    return recorder


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(NOON + seconds, UTC)


def asked(control: Control, query: str, seconds: float = 10) -> Answer:
    return Api(control.server.url).instant(query, at(seconds), time.monotonic() + 5)


def test_it_tells_the_mean_size_of_each_version_that_answered(control: Control) -> None:
    note(control, (0, 0, 0, 0), (500, 5, 0, 0), (1000, 10, 0, 0), (1900, 20, 300, 2))
    first = asked(control, f'{NAME}{{service=~"checkout|orders"}}')
    assert [(point.labels["version"], point.value) for point in first.points] == [(OLD, 100)]
    later = asked(control, NAME, 15)
    assert {point.labels["version"]: point.value for point in later.points} == {
        OLD: pytest.approx(93.33, 1e-3),
        NEW: 150,
    }


def test_a_range_has_a_point_a_step(control: Control) -> None:
    note(control, *((100 * n, n, 0, 0) for n in range(6)))
    answer = Api(control.server.url).ranged(NAME, at(10), at(25), 5, time.monotonic() + 5)
    assert [(point.at - NOON, point.value) for point in answer.points] == [
        (10, 100),
        (15, 100),
        (20, 100),
        (25, 100),
    ]


def test_where_nothing_was_recorded_lately_there_is_no_data(control: Control) -> None:
    note(control, (0, 0, 0, 0), (500, 5, 0, 0))
    assert asked(control, NAME, 60).state is State.NO_DATA
    assert asked(control, f'{NAME}{{service=~"checkout"}}', 5).state is State.NO_DATA


@pytest.mark.parametrize("query", ["up", f"sum({NAME})", f"rate({NAME}[5m])"])
def test_other_queries_are_refused_in_words(control: Control, query: str) -> None:
    answer = asked(control, query)
    assert answer.state is State.CONFIG
    assert NAME in answer.sentence


def test_it_holds_no_names_of_a_convention(control: Control) -> None:
    assert asked(control, 'count by (__name__, le) ({__name__=~"a_total|b_bucket"})').state is State.NO_DATA


def test_while_scraping_is_stopped_nothing_is_recorded() -> None:
    fleet = Fleet(rate=0.1)
    fleet.start()
    try:
        wait_for(lambda: bool(fleet.recorder._samples), "a sample")
        fleet.set_scraped(False)
        many = len(fleet.recorder._samples)
        wait_for(lambda: len(fleet._samples) > many + 1, "the fleet looks on")
        assert len(fleet.recorder._samples) <= many + 1
    finally:
        fleet.stop()
