import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollouts.health.counters import FORGET_AFTER, take
from rollouts.health.exposition import Exposition, Key, Sample

NAME = "http_server_requests_total"
BUCKET = "http_server_request_duration_seconds_bucket"


def _one(value: float, code: str = "200") -> Sample:
    return Sample(NAME, {"code": code}, value)


def _grown(*readings: Exposition | list[Sample]) -> list[dict[str, float]]:
    """What grew at each reading, by name and labels."""
    state: dict[str, Any] | None = None
    found = []
    for at, reading in enumerate(readings):
        exposed = reading if isinstance(reading, Exposition) else Exposition(tuple(reading))
        step = take(state, exposed, at=float(at))
        state = json.loads(json.dumps(step.state))
        found.append({"/".join(sorted(each.labels.values())): each.by for each in step.increases})
    return found


def test_the_first_reading_says_nothing() -> None:
    step = take(None, Exposition((_one(100),)), at=0)
    assert step.first
    assert step.increases == ()
    assert not take(step.state, Exposition((_one(100),)), at=1).first


def test_a_reset_counts_from_zero() -> None:
    assert _grown([_one(10)], [_one(20)], [_one(5)], [_one(9)])[1:] == [{"200": 10}, {"200": 5}, {"200": 4}]


def test_a_new_series_of_a_known_target_was_born_at_zero() -> None:
    assert _grown([_one(10)], [_one(12), _one(3, "500")])[1] == {"200": 2, "500": 3}


def test_a_reset_above_the_last_value_is_told_by_its_time_of_creation() -> None:
    key: Key = ("http_server_requests", (("code", "200"),))
    readings = [Exposition((_one(value),), {key: born}) for value, born in [(10, 100), (12, 100), (30, 105)]]
    assert _grown(*readings)[1:] == [{"200": 2}, {"200": 30}]


def test_a_clock_of_the_target_that_runs_ahead_is_no_reset() -> None:
    key: Key = ("http_server_requests", (("code", "200"),))
    readings = [Exposition((_one(value),), {key: 9_999_999_999.0}) for value in (10, 12)]
    assert _grown(*readings)[1] == {"200": 2}


def _histogram(*counts: float) -> list[Sample]:
    bounds = ("0.1", "0.25", "+Inf")
    return [Sample(BUCKET, {"le": bound}, count) for bound, count in zip(bounds, counts, strict=True)]


def test_a_histogram_resets_as_a_whole() -> None:
    # After the restart the last bucket is higher than before: alone it would look like growth.
    assert _grown(_histogram(10, 10, 10), _histogram(2, 11, 20))[1] == {"0.1": 2, "0.25": 11, "+Inf": 20}


def test_one_histogram_that_resets_takes_no_other_with_it() -> None:
    def both(first: float, second: float) -> list[Sample]:
        return [
            Sample(BUCKET, {"le": "+Inf", "service": "a"}, first),
            Sample(BUCKET, {"le": "+Inf", "service": "b"}, second),
        ]

    assert _grown(both(10, 10), both(1, 12))[1] == {"+Inf/a": 1, "+Inf/b": 2}


def test_a_sum_may_fall_without_a_reset() -> None:
    name = "http_server_request_duration_seconds"

    def read(count: float, total: float) -> list[Sample]:
        return [Sample(f"{name}_count", {}, count), Sample(f"{name}_sum", {}, total)]

    state = take(None, Exposition(tuple(read(10, 5))), at=0).state
    step = take(state, Exposition(tuple(read(12, 4))), at=1)
    assert {each.name: each.by for each in step.increases} == {f"{name}_count": 2, f"{name}_sum": -1}


def test_after_a_failed_reading_the_next_one_covers_the_gap() -> None:
    state = take(None, Exposition((_one(10),)), at=0).state
    # The reading at 1 failed: nothing was taken in.
    step = take(state, Exposition((_one(25),)), at=2)
    assert [each.by for each in step.increases] == [15]


def test_a_series_that_was_not_exposed_is_remembered_for_some_time() -> None:
    assert _grown([_one(10)], [], [_one(12)])[2] == {"200": 2}
    gone: list[list[Sample]] = [[] for _ in range(FORGET_AFTER + 1)]
    assert _grown([_one(10)], *gone, [_one(12)])[-1] == {"200": 12}


def test_gauges_are_handed_on_as_they_stand() -> None:
    gauge = Sample("process_inflight_requests", {}, 4)
    step = take(None, Exposition((gauge, _one(1))), at=0)
    assert step.gauges == (gauge,)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_what_grew_adds_up_to_what_was_counted_over_all_restarts(steps: list[int]) -> None:
    """A counter grows by each step, and restarts whenever a step is a multiple of 7."""
    values, value, counted = [0], 0, 0
    for step in steps:
        if step % 7 == 0 and step < value:
            value = 0
        value += step
        counted += step
        values.append(value)
    grown = _grown(*[[_one(each)] for each in values])
    assert sum(each["200"] for each in grown[1:]) == counted
