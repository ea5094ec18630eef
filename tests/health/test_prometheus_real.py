"""What Debian's Prometheus really answers ends in the states that the table of answers names."""

import time
from datetime import timedelta

import pytest

from rollouts.health.sources.answers import State
from rollouts.health.sources.prometheus import Api
from tests.health.factories import EPOCH
from tests.health.prometheus import Prometheus, running

pytestmark = pytest.mark.xdist_group("prometheus")

AT = EPOCH + timedelta(seconds=60)
CASES = [
    ("nothing_of_the_kind", State.NO_DATA, ""),
    ("nothing_of_the_kind / nothing_else", State.NO_DATA, ""),
    ("vector(0) / vector(0)", State.NO_DATA, ""),
    ("histogram_quantile(0.99, nothing_bucket)", State.NO_DATA, ""),
    ("nan_value", State.NO_DATA, ""),
    ("vector(1) / vector(0)", State.ERROR, "divides by zero"),
    ("inf_value", State.ERROR, "divides by zero"),
    ("up > 1", State.NO_DATA, ""),
    ("up > bool 1", State.DATA, ""),
    ("up", State.DATA, ""),
    ("42", State.DATA, ""),
    ('"words"', State.CONFIG, "gives a string"),
    ("up[1m]", State.CONFIG, "gives a matrix"),
    ("sum(", State.CONFIG, "parse error"),
    ("up + on() two_series", State.ERROR, "cannot carry out"),
]


@pytest.mark.parametrize(("query", "state", "words"), CASES, ids=[case[0] for case in CASES])
def test_a_query_is_answered(prometheus: Prometheus, query: str, state: State, words: str) -> None:
    api = Api(prometheus.url)
    found = api.instant(query, AT, time.monotonic() + 5)
    assert (found.state, words in found.sentence) == (state, True), found.sentence
    assert api.requests == 1


def test_a_range_of_too_many_points_is_a_mistake_of_the_question(prometheus: Prometheus) -> None:
    found = Api(prometheus.url).ranged(
        "up", EPOCH, EPOCH + timedelta(seconds=11_002), 1, time.monotonic() + 5
    )
    assert found.state is State.CONFIG
    assert "11,000" in found.sentence


def test_the_values_of_a_label_are_listed(prometheus: Prometheus) -> None:
    name = "http_server_request_duration_seconds_bucket"
    found = Api(prometheus.url).values("le", name, EPOCH, time.monotonic() + 5)
    assert found == ["+Inf", "0.1", "0.25", "1.0"]


def test_a_server_that_is_out_of_time_or_samples_says_so(prometheus: Prometheus) -> None:
    """With limits so low that a small query is over them."""
    with running("--query.timeout=1ms", "--query.max-samples=3") as server:
        api = Api(server.url)
        found = api.instant("sum_over_time(vector(1)[10m:1s])", AT, time.monotonic() + 5)
        assert found.state in (State.RETRY, State.TOO_MUCH)
        if found.state is State.RETRY:
            assert api.requests == 3, "asked twice more"
    with running("--query.max-samples=3") as server:
        found = Api(server.url).instant("sum_over_time(vector(1)[10m:1s])", AT, time.monotonic() + 5)
        assert found.state is State.TOO_MUCH
