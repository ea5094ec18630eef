"""A slow, dead or lying source costs only itself: good ones beside it close their windows at once."""

import threading
import time
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.audit.models import Content, Event
from rollouts.audit.tasks import run_due
from rollouts.health import collecting, services
from rollouts.health.models import Source, Window
from rollouts.health.registry import listeners
from tests.health.factories import EPOCH, service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked, close, stored
from tests.health.test_prometheus_collecting import clock as clock
from tests.lib.servers import reply, serving

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("prometheus")]

JSON = {"Content-Type": "application/json"}
released = threading.Event()


def slow(handler: BaseHTTPRequestHandler) -> None:
    released.wait(10)
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
def heard(monkeypatch: pytest.MonkeyPatch) -> dict[int, float]:
    """When each environment's windows were told, and no gates."""
    times: dict[int, float] = {}
    listener = {"test": lambda _services, _environment, _end: times.setdefault(len(times), time.monotonic())}
    monkeypatch.setattr(listeners, "_entries", listener)
    released.clear()
    return times


def test_good_sources_beside_hostile_ones_close_at_once_and_none_reads_as_health(
    prometheus: Prometheus, clock: Callable[[datetime], None], heard: dict[int, float]
) -> None:
    """All in one batch, as the ticker hands it to a worker; the hostile ones have a second each."""
    service()
    servers = [serving(answer) for answer, _ in LIARS.values()]
    urls = [server.__enter__() for server in servers]
    bad = [asked(url, slug, timeout_s=1) for slug, url in zip(LIARS, urls, strict=True)]
    bad.append(asked("http://127.0.0.1:9", "dead", timeout_s=1))
    good = [asked(prometheus.url, f"good-{number}") for number in range(2)]
    rows = [*bad, *good]
    ready: list[float] = []
    took: list[float] = []
    for number in (1, 2):
        clock(EPOCH + rows[0].window * (number + 1))
        heard.clear()
        begun = time.monotonic()
        run_due(work="health.collect", pks=[row.pk for row in rows])
        took.append(time.monotonic() - begun)
        ready.append(sorted(heard.values())[-1] - begun)
    released.set()
    for server in servers:
        server.__exit__(None, None, None)
    assert max(took) < 6, "nobody waits longer than the slowest source's own second, and what storing takes"
    assert stored(series__source__in=good) == [(15, 3, 33), (15, 3, 33)]
    for slug, (_, words) in {**LIARS, "dead": (None, "could not be reached")}.items():
        row = Source.objects.get(slug=slug)
        assert words in row.last_error, row.last_error
        assert (row.last_success_at, row.failed_windows) == (None, 2)
        assert row.collected_through_at is not None
        assert not Window.objects.filter(series__source=row, gap=False).exists()


def test_good_sources_do_not_wait_for_slow_ones(
    prometheus: Prometheus, clock: Callable[[datetime], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """More slow questions than there are threads for a source; the good one is told while they still hang."""
    service()
    told = threading.Event()

    def hear(_services: Any, _environment: int, _end: datetime) -> None:
        told.set()
        released.set()

    monkeypatch.setattr(listeners, "_entries", {"test": hear})
    with serving(slow) as url:
        conventions = {"conventions": ["opentelemetry", "istio", "linkerd", "envoy"]}
        stuck = [asked(url, f"stuck-{number}", timeout_s=8, settings=conventions) for number in range(10)]
        good = asked(prometheus.url, "good")
        clock(EPOCH + good.window + good.lateness)
        begun = time.monotonic()
        services.collect([*[row.pk for row in stuck], good.pk])
        assert time.monotonic() - begun < 6, "the slow ones were released by the good one's listener"
    assert told.is_set()


def _told() -> list[tuple[str, str]]:
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
    assert [kind for kind, _ in _told()] == ["source.failing"]
    assert "has not answered for 3 windows" in _told()[0][1]
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
    assert [kind for kind, _ in _told()] == ["source.failing", "source.recovered"]


def test_what_was_missed_is_a_gap_and_the_clock_goes_on(clock: Callable[[datetime], None]) -> None:
    service()
    row = asked("http://127.0.0.1:9")
    assert collecting.claim([row.pk], EPOCH) == []
    close(row, clock, 2)
    row.refresh_from_db()
    assert row.collected_through_at == EPOCH + row.window * 2
    assert row.due_at == EPOCH + row.window * 3 + row.lateness
