"""Every way in which a Prometheus API answers ends in a stated word; none of them reads as health."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollouts.health.sources import answers
from rollouts.health.sources.answers import State

JSON = "application/json"
ORDERS = {"service": "orders"}


def success(kind: str, result: Any, **more: Any) -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": result}, **more}).encode()


def failure(kind: str, words: str, **more: Any) -> bytes:
    return json.dumps({"status": "error", "errorType": kind, "error": words, **more}).encode()


def vector(*values: str, **more: Any) -> bytes:
    return success("vector", [{"metric": ORDERS, "value": [1.5, value]} for value in values], **more)


NATIVE = [{"metric": {}, "histogram": [1, {"count": "3", "sum": "1", "buckets": [[0, "0", "1", "3"]]}]}]
MANY = "found duplicate series for the match group {} on the right hand-side of the operation"
SAMPLES = "query processing would load too many samples into memory in query execution"
CHUNKS = (
    "the query exceeded the maximum number of chunks (limit: 2000000 chunks) (err-mimir-max-chunks-per-query)"
)
EXPANDING = "expanding series: context deadline exceeded"

CASES = [
    # Prometheus 2 and 3
    ("nothing matches", 200, JSON, vector(), State.NO_DATA, ""),
    ("no traffic", 200, JSON, vector("NaN"), State.NO_DATA, ""),
    ("a division by zero", 200, JSON, vector("+Inf"), State.ERROR, "divides by zero"),
    ("a negative one", 200, JSON, vector("-Inf"), State.ERROR, "divides by zero"),
    ("numbers", 200, JSON, vector("3", "NaN"), State.DATA, ""),
    ("a scalar", 200, JSON, success("scalar", [1, "3"]), State.DATA, ""),
    ("a string", 200, JSON, success("string", [1, "x"]), State.CONFIG, "gives a string"),
    ("a matrix", 200, JSON, success("matrix", []), State.CONFIG, "gives a matrix"),
    ("a native histogram", 200, JSON, success("vector", NATIVE), State.ERROR, "histogram_fraction"),
    ("a parse error", 400, JSON, failure("bad_data", "1:3: parse error"), State.CONFIG, "1:3: parse error"),
    ("many to many", 422, JSON, failure("execution", MANY), State.ERROR, "cannot carry out"),
    ("too many samples", 422, JSON, failure("execution", SAMPLES), State.TOO_MUCH, "too large"),
    ("a timeout", 503, JSON, failure("timeout", "query timed out"), State.RETRY, "ran out of time"),
    ("a deadline", 422, JSON, failure("execution", EXPANDING), State.RETRY, "ran out of time"),
    ("canceled", 499, JSON, failure("canceled", "query was canceled"), State.ERROR, "status 499"),
    ("storage", 500, JSON, failure("internal", "storage is broken"), State.ERROR, "storage is broken"),
    ("not found", 404, "text/plain", b"404 page not found", State.ERROR, "Is this the address"),
    ("truncated", 200, JSON, vector("1", warnings=["results truncated due to limit"]), State.ERROR, "whole"),
    # What stands before it
    ("a page", 200, "text/html; charset=utf-8", b"<html>", State.ERROR, "text/html"),
    ("a page of errors", 502, "text/html", b"<html>", State.ERROR, "status 502"),
    ("a gateway's timeout", 504, "text/html", b"<html>", State.RETRY, "ran out of time"),
    ("signed out", 401, "text/plain", b"no", State.ERROR, "credentials"),
    ("forbidden", 403, JSON, failure("forbidden", "no tenant"), State.ERROR, "credentials"),
    ("moved", 302, "text/html", b"", State.ERROR, "status 302"),
    ("no type", 200, "", vector("1"), State.ERROR, "no stated type"),
    # Mimir and Thanos
    ("Mimir's limit", 422, JSON, failure("execution", CHUNKS), State.TOO_MUCH, "too large"),
    ("Mimir's rate", 429, JSON, failure("too_many_requests", "limit of 5"), State.ERROR, "status 429"),
    ("Thanos, nobody there", 503, JSON, failure("unavailable", "no store"), State.ERROR, "no store"),
    # Lies
    ("no JSON", 200, JSON, b"{", State.ERROR, "cannot be read"),
    ("a list", 200, JSON, b"[]", State.ERROR, "another shape"),
    ("deep", 200, JSON, b"[" * 100_000, State.ERROR, "cannot be read"),
    ("no data", 200, JSON, b'{"status":"success"}', State.ERROR, "no data part"),
    ("a result that is none", 200, JSON, success("vector", {}), State.ERROR, "no list"),
    ("words for numbers", 200, JSON, vector("many"), State.ERROR, "without a value"),
    ("no value", 200, JSON, success("vector", [{"metric": {}}]), State.ERROR, "without a value"),
    ("labels that are none", 200, JSON, success("vector", [{"metric": 3}]), State.ERROR, ""),
    ("success that failed", 500, JSON, vector("1"), State.ERROR, "status 500"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "kind", "body", "state", "words"),
    [case[1:] for case in CASES],
    ids=[case[0].replace(" ", "-") for case in CASES],
)
def test_an_answer_is_worth(status: int, kind: str, body: bytes, state: State, words: str) -> None:
    found = answers.read(status, kind, body)
    assert found.state is state
    assert words in found.sentence
    assert bool(found.points) is (state is State.DATA)
    assert (found.sentence == "") is (state in (State.DATA, State.NO_DATA))


def test_warnings_and_infos_are_kept_with_the_numbers() -> None:
    told = {"warnings": ["No StoreAPIs matched for  this query."], "infos": ["PromQL info: no counter."]}
    found = answers.read(200, JSON, vector("1", **told))
    assert found.state is State.DATA
    assert found.warnings == ("No StoreAPIs matched for this query",)
    assert found.infos == ("PromQL info: no counter",)


def test_one_broken_series_does_not_take_the_others_with_it() -> None:
    found = answers.read(200, JSON, vector("1", "+Inf"))
    assert found.state is State.DATA
    assert [point.value for point in found.points] == [1.0]
    assert found.broken == ((ORDERS, answers.INFINITE),)


def test_a_range_has_all_its_numbers() -> None:
    body = success("matrix", [{"metric": ORDERS, "values": [[60, "1"], [120, "NaN"], [180, "2.5"]]}])
    found = answers.read(200, JSON, body, ranged=True)
    assert [(point.at, point.value) for point in found.points] == [(60, 1.0), (180, 2.5)]
    assert answers.read(200, JSON, vector("1"), ranged=True).state is State.CONFIG


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=8,
)


@settings(max_examples=50)
@given(
    status=st.sampled_from([200, 400, 422, 500, 503]),
    data=st.fixed_dictionaries(
        {"resultType": st.sampled_from(["vector", "scalar", "matrix"]), "result": JSONS}
    ),
)
def test_whatever_comes_is_data_only_with_finite_numbers(status: int, data: Any) -> None:
    body = json.dumps({"status": "success", "data": data}).encode()
    for ranged in (False, True):
        found = answers.read(status, JSON, body, ranged=ranged)
        assert (found.state is State.DATA) <= (status == 200 and bool(found.points))
        assert all(abs(point.value) < float("inf") for point in found.points)
