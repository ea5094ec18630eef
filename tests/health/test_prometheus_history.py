"""What a Prometheus remembers: baselines, a drawn day, and limits that a healthy week would not breach."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rollouts.dashboard import source_signals
from rollouts.health import queries
from rollouts.health.models import PartialData, Query, Source
from rollouts.health.signals import Measured
from rollouts.health.sources import api, proposing
from rollouts.health.values import Perspective, Signal
from tests.accounts.factories import person
from tests.health.factories import EPOCH, series, service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked

grouped = pytest.mark.xdist_group("prometheus")
LATER = EPOCH + timedelta(minutes=41)


def remembers(server: Prometheus, **fields: Any) -> Source:
    service()
    return asked(server.url, settings={"conventions": ["gatehouse"]}, **fields)


@grouped
@pytest.mark.django_db
def test_a_baseline_is_the_same_hours_before_by_window(prometheus: Prometheus) -> None:
    row = remembers(prometheus)
    back = timedelta(days=1)
    since = EPOCH + back + timedelta(minutes=5)
    found = queries.baseline(
        service(),
        row.environment_id,
        Signal.ERRORS,
        since=since,
        until=since + timedelta(minutes=2),
        backs=[back],
    )
    (one,) = found
    assert (one.error, one.source, one.window_s) == ("", "Mesh", 15)
    assert "increase(http_server_requests_total" in one.text
    assert sorted(one.windows)[0] == EPOCH + timedelta(minutes=5)
    assert len(one.windows) == 8
    assert all(abs(each.total - 100) <= 1 and each.bad == 2 for each in one.windows.values()), one.windows


@grouped
@pytest.mark.django_db
def test_a_baseline_that_nobody_remembers_is_empty_and_a_silent_source_says_why(
    prometheus: Prometheus,
) -> None:
    row = remembers(prometheus)
    about: Any = {"since": EPOCH + timedelta(days=3), "until": EPOCH + timedelta(days=3, minutes=2)}
    day, week = queries.baseline(service(), row.environment_id, Signal.ERRORS, **about)
    assert (day.windows, day.error, week.back) == ({}, "", timedelta(days=7))
    Source.objects.update(url="http://127.0.0.1:9")
    day, _ = queries.baseline(service(), row.environment_id, Signal.ERRORS, **about)
    assert "could not be reached" in day.error


@grouped
@pytest.mark.django_db
def test_the_page_draws_a_signal_and_proposes_a_limit(
    prometheus: Prometheus, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembers(prometheus)
    for module in (source_signals, api):
        monkeypatch.setattr(module, "database_now", lambda: LATER)
    client.force_login(person("mina@example.test"))
    chosen = {"service": "orders", "signal": "errors"}
    page = client.get("/sources/mesh/signals/", chosen).content.decode()
    assert "<svg" in page
    assert "10.00" in page, "the 99.5th percentile is the bad minute"
    assert "1.5 times the median" in page
    told = client.get("/api/v1/sources/mesh/proposal/", chosen).json()
    assert (told["limit"], told["median"]) == (pytest.approx(0.1), pytest.approx(0.02, abs=1e-3))
    assert client.get("/api/v1/sources/mesh/proposal/", {"service": "orders"}).status_code == 400
    traffic = client.get("/api/v1/sources/mesh/proposal/", {**chosen, "signal": "traffic"}).json()
    assert traffic["limit"] == pytest.approx(4.4, abs=0.1)
    latency = client.get("/api/v1/sources/mesh/proposal/", {**chosen, "signal": "latency"}).json()
    assert latency["limit"] is None
    assert "Only 0 windows" in latency["sentence"]


@grouped
@pytest.mark.django_db
def test_the_page_shows_which_names_the_source_holds(
    prometheus: Prometheus, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    remembers(prometheus)
    for module in (source_signals, api):
        monkeypatch.setattr(module, "database_now", lambda: EPOCH + timedelta(minutes=2))
    client.force_login(person("mina@example.test"))
    found = {row["name"]: row for row in client.get("/api/v1/sources/mesh/offers/").json()}
    assert found["gatehouse"]["chosen"]
    buckets = found["opentelemetry"]["metrics"][1]
    assert (buckets["series"], buckets["bounds_s"]) == (4, [0.1, 0.25, 1.0])
    assert not any(each["series"] for each in found["istio"]["metrics"])
    assert (
        "http_server_request_duration_seconds_bucket" in client.get("/sources/mesh/signals/").content.decode()
    )


@pytest.mark.django_db
def test_the_queries_and_warnings_behind_a_window_are_found(django_assert_num_queries: Any) -> None:
    row = asked("http://127.0.0.1:9", settings={"names": {"shop/orders": "orders"}})
    series(row)

    def query(template: str, services: list[str] | None, first: int, last: int) -> None:
        Query.objects.create(
            source=row, template=template, signal="errors", perspective=Perspective.SERVER, services=services,
            text=f"text of {template}", digest=template, first_end_at=at(first), last_end_at=at(last),
        )  # fmt: skip

    def at(seconds: int) -> datetime:
        return EPOCH + timedelta(seconds=seconds)

    query("old", ["shop/orders"], 15, 30)
    query("new", None, 45, 90)
    query("others", ["checkout"], 15, 90)
    about: Any = {"environment_id": row.environment_id, "since": at(40), "until": at(60)}
    with django_assert_num_queries(1):
        found = queries.resolved_queries("orders", **about)
    assert [one.text for one in found] == ["text of new"]
    both = {**about, "since": at(15), "signal": Signal.TRAFFIC}
    assert [one.template for one in queries.resolved_queries("orders", **both)] == ["new", "old"]
    PartialData.objects.create(source=row, start_at=at(45), signal="errors", text="A store is missing.")
    pair = (service().pk, row.environment_id)
    told = queries.partial_data([pair], since=at(0), until=at(60))
    assert [one.text for one in told[pair]] == ["A store is missing."]
    assert queries.partial_data([pair], since=at(0), until=at(45)) == {pair: []}


@given(st.lists(st.floats(0, 1), min_size=20, max_size=300))
def test_a_proposed_limit_is_never_below_the_rule(values: list[float]) -> None:
    found = proposing.propose(Signal.ERRORS, values)
    assert found.limit is not None
    median = sorted(values)[(len(values) + 1) // 2 - 1]
    assert found.limit >= proposing.ABOVE_MEDIAN * median - 1e-6
    assert sum(value > found.limit + 1e-6 for value in values) <= len(values) * 0.005


def test_too_little_gives_no_limit_and_nothing_failed_a_small_one() -> None:
    assert proposing.propose(Signal.ERRORS, [0.1] * 19).limit is None
    assert proposing.propose(Signal.ERRORS, [0.0] * 100).limit == proposing.LEAST_SHARE
    quiet = proposing.values_of(Signal.ERRORS, {0: Measured(0, 0), 60: Measured(1, 4)}, 60)
    assert quiet == {60: 0.25}, "a window without requests has no share"
