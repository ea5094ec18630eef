"""Single requests that sources name by their traces: kept few, shown as links, never a reason for a gap."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.health import services
from rollouts.health.exemplars import keeping
from rollouts.health.exemplars.values import MOST_A_WINDOW, Exemplar, bounded, trace_of
from rollouts.health.models import Exemplar as Row
from rollouts.health.models import Source, Window
from rollouts.health.queries import exemplars
from rollouts.health.signals import Subject
from rollouts.health.sources import exemplars as asking
from rollouts.health.sources.access import Access
from rollouts.health.values import Perspective, Signal
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import EPOCH, environment, series, service, source
from tests.health.prometheus import Prometheus
from tests.health.test_collecting import Fleet
from tests.health.test_prometheus_collecting import asked
from tests.health.test_prometheus_collecting import clock as clock
from tests.lib.servers import reply, serving
from tests.waiting import wait_for

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]

SLOW = Subject("orders", "3.0.0", Signal.LATENCY, Perspective.SERVER)
FAILED = Subject("orders", "3.0.0", Signal.ERRORS, Perspective.SERVER)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def stored() -> list[tuple[str, str, float]]:
    rows = Row.objects.select_related("series").order_by("series__signal", "trace_id")
    return [(row.series.signal, row.trace_id, row.value) for row in rows]


@pytest.mark.parametrize(
    ("labels", "trace"),
    [
        ({"trace_id": TRACE}, TRACE),
        ({"traceID": "0af7651916cd43dd"}, "0af7651916cd43dd"),
        ({"span_id": "1"}, ""),
        ({"trace_id": 'x"><script>'}, ""),
        ({"trace_id": "a" * 65}, ""),
        ({"trace_id": ""}, ""),
    ],
)
def test_a_trace_is_what_its_label_says_and_nothing_that_is_none(labels: dict[str, str], trace: str) -> None:
    assert trace_of(labels) == trace


def test_of_a_window_the_slowest_and_the_newest_few_are_kept_once() -> None:
    many = [(SLOW, Exemplar(f"{number:032x}", number / 10, 1.0)) for number in range(20)]
    failed = [(FAILED, Exemplar(f"{number:032x}", 1.0, float(number))) for number in range(20)]
    found = bounded([*many, *many, *failed, (FAILED, Exemplar("f" * 32, 1.0))], at=99.0)
    assert [one.value for one in found[SLOW]] == [1.9, 1.8, 1.7, 1.6, 1.5]
    assert [one.at for one in found[FAILED]] == [99.0, 19.0, 18.0, 17.0, 16.0]
    assert len(found[SLOW]) == MOST_A_WINDOW


def test_of_a_series_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "KEPT", 3)
    row = source()
    series(row)
    other = series(row, version="2.4.0")
    Row.objects.create(series=other, trace_id="f" * 32, value=1, at=EPOCH)
    for number in range(5):
        one = Exemplar(f"{number:032x}", 1.0, EPOCH.timestamp() + number)
        keeping.keep(row, {FAILED: (one,)})
        keeping.keep(row, {FAILED: (one,)})
    kept = Row.objects.exclude(series=other).order_by("at").values_list("trace_id", flat=True)
    assert list(kept) == [f"{number:032x}" for number in (2, 3, 4)]
    assert Row.objects.filter(series=other).exists(), "what is pruned is of the same series"


def test_they_go_with_the_windows_of_their_source() -> None:
    now = database_now()
    row = source(keep_days=3, prune_due_at=now - timedelta(minutes=1))
    of = series(row)
    for days in (2, 4):
        Row.objects.create(series=of, trace_id=f"{days}" * 32, value=1, at=now - timedelta(days=days))
    services.prune(row.pk)
    assert [one.trace_id for one in Row.objects.all()] == ["2" * 32]


def test_a_scraped_target_names_requests(clock: Callable[[datetime], None]) -> None:
    fleet = Fleet()
    with serving(fleet.answer) as url:
        row = source(urls=[url])
        clock(EPOCH)
        services.collect([row.pk])
        fleet.serve("200", 3)
        fleet.served.labels("orders", "3.0.0", "200").inc(1, exemplar={"trace_id": "a" * 32})
        fleet.served.labels("orders", "3.0.0", "500").inc(1, exemplar={"trace_id": "b" * 32})
        fleet.seconds.labels("orders", "3.0.0").observe(0.9, exemplar={"trace_id": "c" * 32})
        fleet.seconds.labels("orders", "3.0.0").observe(0.05, exemplar={"user": "nobody"})
        clock(EPOCH + row.window)
        services.collect([row.pk])
    assert stored() == [("errors", "b" * 32, 1.0), ("latency", "c" * 32, 0.9)]
    assert Window.objects.filter(gap=False).exists()
    since, until = EPOCH - row.window, datetime.now(UTC)
    found = exemplars(service().pk, environment().pk, since=since, until=until, versions=["3.0.0"])
    assert {one.trace_id for one in found} == {"b" * 32, "c" * 32}
    assert not exemplars(service().pk, environment().pk, since=since, until=until, versions=["2.4.0"])


ANSWER = b"""{"status":"success","data":[
 {"seriesLabels":{"__name__":"http_server_request_duration_seconds_bucket","service_name":"orders",
   "service_version":"3.0.0","http_response_status_code":"503","le":"1"},
  "exemplars":[{"labels":{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736"},"value":"0.7","timestamp":1772442010.5},
               {"labels":{"span_id":"x"},"value":"0.1","timestamp":1772442010}]},
 {"seriesLabels":{"service_name":"stranger"},
  "exemplars":[{"labels":{"trace_id":"1"},"value":"0.1","timestamp":1772442010}]}]}"""
EMPTY = b'{"status":"success","data":{"resultType":"vector","result":[]}}'


def answering(body: bytes, status: int = 200) -> Any:
    def answer(ask: Any) -> None:
        if ask.path.endswith("query_exemplars"):
            paths.append(ask.path)
            reply(ask, body, status=status, headers={"Content-Type": "application/json"})
        else:
            reply(ask, EMPTY, headers={"Content-Type": "application/json"})

    paths: list[str] = []
    return answer, paths


def asking_for(url: str, slug: str = "mesh", **more: Any) -> Source:
    return asked(url, slug, settings={"conventions": ["opentelemetry"], "exemplars": True}, **more)


def test_a_prometheus_is_asked_once_a_window_and_template_where_that_is_wanted(
    clock: Callable[[datetime], None],
) -> None:
    service()
    answer, paths = answering(ANSWER)
    with serving(answer) as url:
        row, silent = asking_for(url), asked(url, "silent")
        series(row, signal=Signal.LATENCY)
        series(row)
        clock(EPOCH + 2 * row.window)
        services.collect([row.pk, silent.pk])
    assert len(paths) == 2, (
        "of the counts and of the buckets, for all services; the other source asks for none"
    )
    assert stored() == [("errors", TRACE, 0.7), ("latency", TRACE, 0.7)]
    row.refresh_from_db()
    silent.refresh_from_db()
    assert (row.exemplars_error, row.requests_last, silent.requests_last) == ("", 5, 3)


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"status":"error","error":"exemplar storage is disabled"}', 404, "exemplar storage is disabled"),
        (b"<html>", 200, "something that is no exemplars (status 200)"),
        (b'{"status":"success","data":[1]}', 200, "something that is no exemplars"),
        (b"[]", 500, "something that is no exemplars (status 500)"),
    ],
)
def test_what_goes_wrong_with_them_is_said_and_costs_no_window(
    body: bytes, status: int, words: str, clock: Callable[[datetime], None], client: Client
) -> None:
    service()
    answer, _paths = answering(body, status)
    with serving(answer) as url:
        row = asking_for(url)
        clock(EPOCH + 2 * row.window)
        services.collect([row.pk])
    row.refresh_from_db()
    assert words in row.exemplars_error
    assert (row.last_error, row.failed_windows) == ("", 0)
    client.force_login(person("ada@example.test"))
    page = client.get("/sources/mesh/").content.decode()
    assert "No window and no verdict rests on them." in page
    assert words in client.get("/api/v1/sources/mesh/").json()["exemplars_error"]


def test_they_are_asked_for_by_page_and_by_no_default(client: Client) -> None:
    owners("orders-team", planner=[person("ada@example.test")])
    environment()
    client.force_login(person("ada@example.test"))
    form = {
        "name": "mesh", "title": "Mesh", "url": "https://p.example.test", "environment": "production",
        "team": "orders-team", "window_s": "60", "conventions": ["opentelemetry"],
    }  # fmt: skip
    assert client.post("/sources/new/prometheus/", form).status_code == 302
    assert "exemplars" not in Source.objects.get().settings
    client.post("/sources/mesh/", {**form, "exemplars": "on"})
    assert Source.objects.get().settings["exemplars"] is True
    assert "checked" in client.get("/sources/mesh/").content.decode()


def test_a_real_prometheus_names_what_it_scraped(prometheus: Prometheus, exposed: Any) -> None:
    trace = f"{datetime.now(UTC).timestamp():.0f}".rjust(32, "0")
    exposed.seconds.labels("orders", "3.0.0").observe(0.7, exemplar={"trace_id": trace})
    begun = datetime.fromtimestamp(0, UTC)
    text = 'http_server_request_duration_seconds_bucket{service="orders"}'

    def heard() -> asking.Heard:
        deadline = time.monotonic() + 5
        return asking.ask(prometheus.url, Access(), text, begun, datetime.now(UTC), deadline)

    wait_for(
        lambda: any(one.trace_id == trace for _, one in heard().found), lambda: str(heard()), patience_s=20
    )
    labels, one = next(pair for pair in heard().found if pair[1].trace_id == trace)
    assert (labels["service"], one.value) == ("orders", 0.7)
