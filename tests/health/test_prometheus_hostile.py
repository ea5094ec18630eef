"""A slow, dead or lying source costs only itself: gates of good ones beside it are told before it ends."""

import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.audit.models import Content, Event
from rollouts.audit.tasks import run_due
from rollouts.catalog.models import Environment
from rollouts.health import collecting, services
from rollouts.health.models import Source, Window
from rollouts.health.registry import listeners
from tests.health.factories import EPOCH, environment, service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked, close, stored
from tests.health.test_prometheus_collecting import clock as clock
from tests.lib.servers import reply, serving

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]

JSON = {"Content-Type": "application/json"}
released = threading.Event()


def slow(handler: BaseHTTPRequestHandler) -> None:
    released.wait(60)
    reply(handler, b"{}", headers=JSON)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: each read succeeds, the whole never does."""
    handler.send_response(200)
    handler.end_headers()
    while not released.wait(0.05):
        handler.wfile.write(b" ")


def broken(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"oh no", status=500)


def page(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b"<html>All systems operational</html>", headers={"Content-Type": "text/html"})


def huge(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(50_000_000))
    handler.end_headers()
    for _ in range(50):
        handler.wfile.write(b" " * 1_000_000)


def misshapen(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, b'{"status":"success","data":{"resultType":"vector","result":[1,2]}}', headers=JSON)


LIARS = {
    "slow": (slow, "did not answer in time"),
    "dripping": (dripping, "did not answer in time"),
    "broken": (broken, "status 500"),
    "page": (page, "text/html"),
    "huge": (huge, "more than 10,000,000 bytes"),
    "misshapen": (misshapen, "without a value"),
}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The environments whose windows were told to gates, in their order; each source here has its own."""
    order: list[str] = []

    def hear(_services: Any, environment_id: int, _end: datetime) -> None:
        order.append(Environment.objects.get(pk=environment_id).slug)

    monkeypatch.setattr(listeners, "_entries", {"test": hear})
    released.clear()
    return order


def alone(url: str, slug: str, **fields: Any) -> Source:
    """A source in an environment of its name."""
    return asked(url, slug, environment=environment(slug), **fields)


def test_hostile_sources_never_read_as_health_and_end_by_their_own_limits(
    prometheus: Prometheus, clock: Callable[[datetime], None], told: list[str]
) -> None:
    """All in one batch, as the ticker hands it to a worker. Nobody releases the slow ones before its end."""
    service()
    servers = [serving(answer) for answer, _ in LIARS.values()]
    urls = [server.__enter__() for server in servers]
    bad = [alone(url, slug, timeout_s=1) for slug, url in zip(LIARS, urls, strict=True)]
    bad.append(alone("http://127.0.0.1:9", "dead", timeout_s=1))
    good = [alone(prometheus.url, f"good-{number}") for number in range(2)]
    rows = [*bad, *good]
    for number in (1, 2):
        clock(EPOCH + rows[0].window * (number + 1))
        told.clear()
        run_due(work="health.collect", pks=[row.pk for row in rows])
        assert sorted(told) == sorted(row.slug for row in rows), "every window is closed, once"
    assert not released.is_set()
    released.set()
    for server in servers:
        server.__exit__(None, None, None)
    assert stored(series__source__in=good) == [(15, 3, 33), (15, 3, 33)]
    for slug, (_, words) in {**LIARS, "dead": (None, "could not be reached")}.items():
        row = Source.objects.get(slug=slug)
        assert words in row.last_error, row.last_error
        assert (row.last_success_at, row.failed_windows) == (None, 2)
        assert row.collected_through_at is not None
        assert not Window.objects.filter(series__source=row, gap=False).exists()


def test_a_slow_source_is_given_up_by_its_own_time_limit_and_by_no_other(
    clock: Callable[[datetime], None], told: list[str]
) -> None:
    """Asked at the same moment, never answered: they end in the order of their limits."""
    service()
    with serving(slow) as url:
        rows = [alone(url, f"limit-{limit}", timeout_s=limit / 10) for limit in (25, 3, 14)]
        clock(EPOCH + 2 * rows[0].window)
        services.collect([row.pk for row in rows])
        assert told == ["limit-3", "limit-14", "limit-25"]
        released.set()


def test_gates_of_good_sources_are_told_while_slow_ones_still_hang(
    prometheus: Prometheus,
    clock: Callable[[datetime], None],
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More slow questions than there are threads for a source. What releases them is that the good one was
    told: were it told after one of them, that one would have sat out its 30 s first, and come before it.
    """
    service()
    first = listeners["test"]

    def hear(services: Any, environment_id: int, end: datetime) -> None:
        first(services, environment_id, end)
        if told[-1] == "good":
            released.set()

    monkeypatch.setattr(listeners, "_entries", {"test": hear})
    with serving(slow) as url:
        conventions = {"conventions": ["opentelemetry", "istio", "linkerd", "envoy"]}
        stuck = [alone(url, f"stuck-{number}", timeout_s=30, settings=conventions) for number in range(10)]
        good = alone(prometheus.url, "good")
        clock(EPOCH + 2 * good.window)
        services.collect([*[row.pk for row in stuck], good.pk])
    assert told[0] == "good"
    assert sorted(told) == sorted(["good", *(row.slug for row in stuck)])
    words = Source.objects.filter(slug__startswith="stuck").values_list("last_error", flat=True)
    assert not any("in time" in text for text in words), "each was released long before its own limit"


def _events() -> list[tuple[str, str]]:
    events = Event.objects.filter(stream="source:mesh").order_by("seq")
    bodies = Content.objects.in_bulk([event.pk for event in events])
    return [(event.kind, bodies[event.pk].body["content"]["sentence"]) for event in events]


def test_an_outage_is_told_once_and_rested_between_tries(
    prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    service()
    asked_of: list[str] = []
    works = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked_of.append(handler.path)
        if works.is_set():
            body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
            reply(handler, body, headers=JSON)
        else:
            broken(handler)

    with serving(answer) as url:
        row = asked(url)
        counts = []
        for number in range(1, 14):
            if number == 12:
                works.set()
            clock(EPOCH + row.window * number + row.lateness)
            before = len(asked_of)
            services.collect([row.pk])
            counts.append(len(asked_of) - before)
    assert counts == [3, 3, 3, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0]
    assert [kind for kind, _ in _events()] == ["source.failing"]
    assert "has not answered for 3 windows" in _events()[0][1]
    row.refresh_from_db()
    assert row.rests_until_at is not None
    assert "Not asked in this window" in row.last_error


def test_the_end_of_an_outage_is_told_once(prometheus: Prometheus, clock: Callable[[datetime], None]) -> None:
    service()
    row = asked("http://127.0.0.1:9")
    close(row, clock, 3)
    Source.objects.update(url=prometheus.url)
    clock(EPOCH + row.window * 5 + row.lateness)
    services.collect([row.pk])
    row.refresh_from_db()
    assert (row.failed_windows, row.rests_until_at, row.failing_told_at) == (0, None, None)
    assert "answers again" in row.last_error
    clock(EPOCH + row.window * 6 + row.lateness)
    services.collect([row.pk])
    row.refresh_from_db()
    assert (row.last_error, row.requests_last) == ("", 3)
    assert [kind for kind, _ in _events()] == ["source.failing", "source.recovered"]


def test_what_was_missed_is_a_gap_and_the_clock_goes_on(clock: Callable[[datetime], None]) -> None:
    service()
    row = asked("http://127.0.0.1:9")
    assert collecting.claim([row.pk], EPOCH) == []
    close(row, clock, 2)
    row.refresh_from_db()
    assert row.collected_through_at == EPOCH + row.window * 2
    assert row.due_at == EPOCH + row.window * 3 + row.lateness
