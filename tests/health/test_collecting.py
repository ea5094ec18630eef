import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest

from rollouts.audit.tasks import run_due
from rollouts.health import collecting, services
from rollouts.health.models import Series, Source, Target, Window
from rollouts.health.registry import listeners
from rollouts.health.scraping import Scraped
from rollouts.health.values import Perspective, Signal
from tests.health.factories import EPOCH, service, source
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db


class Fleet:
    """Orders in one version, and checkout that calls it, as their metrics tell."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self.registry = registry
        own, callee = ["service", "version"], ["service", "version", "callee", "callee_version"]
        self.served = Counter("http_server_requests", "", [*own, "code"], registry=registry)
        self.seconds = Histogram(
            "http_server_request_duration_seconds", "", own, buckets=[0.1, 0.25], registry=registry
        )
        self.called = Counter("http_client_requests", "", [*callee, "outcome"], registry=registry)
        self.inflight = Gauge("process_inflight_requests", "", own, registry=registry)
        for code in ("200", "500"):
            self.served.labels("orders", "3.0.0", code)

    def serve(self, code: str, times: int, seconds: float = 0.05) -> None:
        self.served.labels("orders", "3.0.0", code).inc(times)
        for _ in range(times):
            self.seconds.labels("orders", "3.0.0").observe(seconds)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        body: bytes = generate_latest(self.registry)  # type: ignore[no-untyped-call]
        reply(handler, body, headers={"Content-Type": CONTENT_TYPE_LATEST})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the database's clock as far as collection sees it, in seconds after EPOCH."""
    at = [EPOCH]

    def now() -> datetime:
        return at[0]

    monkeypatch.setattr(collecting, "database_now", now)
    monkeypatch.setattr(services, "database_now", now)

    def move(seconds: float) -> None:
        at[0] = EPOCH + timedelta(seconds=seconds)

    return move


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    heard: list[Any] = []
    monkeypatch.setattr(listeners, "_entries", {"test": lambda *args: heard.append(args)})
    return heard


def _windows(**where: Any) -> list[tuple[int, int, int, bool]]:
    """Number since EPOCH (the first window ends there: -1), bad, total, gap."""
    rows = Window.objects.filter(**where).order_by("start_at", "pk")
    return [(int((row.start_at - EPOCH).total_seconds()) // 5, row.bad, row.total, row.gap) for row in rows]


ERRORS = {"series__signal": Signal.ERRORS, "series__perspective": Perspective.SERVER}


def test_counts_of_a_window_are_stored_once_it_has_closed(
    clock: Callable[[float], None], told: list[Any]
) -> None:
    fleet = Fleet()
    with serving(fleet.answer) as url:
        row = source(urls=[url])
        fleet.serve("200", 100)
        services.collect([row.pk])
        assert _windows(**ERRORS) == []
        fleet.serve("200", 7, seconds=0.05)
        fleet.serve("500", 3, seconds=0.2)
        fleet.inflight.labels("orders", "3.0.0").set(4)
        clock(5.3)
        services.collect([row.pk])
    assert _windows(**ERRORS) == [(0, 3, 10, False)]
    latency = Window.objects.get(series__signal=Signal.LATENCY)
    assert (latency.total, latency.buckets) == (10, [[0.1, 7], [0.25, 10], [None, 10]])
    assert Window.objects.get(series__signal=Signal.SATURATION, value__isnull=False).value == 4
    row.refresh_from_db()
    assert row.due_at == EPOCH + timedelta(seconds=10)
    assert row.collected_through_at == EPOCH + timedelta(seconds=5)
    assert (row.last_error, row.claimed_until_at) == ("", None)
    assert told[-1] == ({service().pk}, row.environment_id, EPOCH + timedelta(seconds=5))


def test_calls_are_stored_for_the_callee_by_caller(clock: Callable[[float], None], told: list[Any]) -> None:
    fleet = Fleet()
    checkout = service("checkout")
    with serving(fleet.answer) as url:
        row = source()
        service("orders")
        Target.objects.create(source=row, service=checkout, url=url)
        for outcome in ("ok", "refused"):
            fleet.called.labels("checkout", "1", "orders", "3.0.0", outcome)
            fleet.called.labels("checkout", "1", "not-in-the-catalog", "1", outcome)
        services.collect([row.pk])
        fleet.called.labels("checkout", "1", "orders", "3.0.0", "refused").inc(2)
        fleet.called.labels("checkout", "1", "orders", "3.0.0", "ok").inc(3)
        clock(5)
        services.collect([row.pk])
    found = Series.objects.get(perspective=Perspective.CALLERS)
    assert (found.service.slug, found.version, found.caller) == ("orders", "3.0.0", "checkout")
    assert _windows(series=found) == [(0, 2, 5, False)]


def test_a_target_that_fails_leaves_a_gap_and_the_next_window_covers_it(
    clock: Callable[[float], None], told: list[Any]
) -> None:
    fleet = Fleet()
    broken = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if broken.is_set():
            reply(handler, b"down", status=503)
        else:
            fleet.answer(handler)

    with serving(answer) as url:
        row = source(urls=[url])
        for second in (0, 5):
            clock(second)
            services.collect([row.pk])
        broken.set()
        fleet.serve("500", 4)
        clock(10)
        services.collect([row.pk])
        row.refresh_from_db()
        assert row.last_error == "The target answered with status 503."
        assert row.due_at == EPOCH + timedelta(seconds=15)
        broken.clear()
        clock(15)
        services.collect([row.pk])
    assert _windows(**ERRORS) == [(0, 0, 0, False), (1, 0, 0, True), (2, 4, 4, False)]
    row.refresh_from_db()
    assert row.last_error == ""


def test_a_missed_window_is_shown_as_a_gap(clock: Callable[[float], None], told: list[Any]) -> None:
    fleet = Fleet()
    with serving(fleet.answer) as url:
        row = source(urls=[url])
        for second in (0, 5):
            clock(second)
            services.collect([row.pk])
        fleet.serve("500", 6)
        clock(22)
        services.collect([row.pk])
    assert _windows(**ERRORS) == [
        (0, 0, 0, False),
        (1, 0, 0, True),
        (2, 0, 0, True),
        (3, 6, 6, False),
    ]
    row.refresh_from_db()
    assert row.due_at == EPOCH + timedelta(seconds=25)


def test_what_is_not_due_or_already_claimed_is_not_asked(
    clock: Callable[[float], None], told: list[Any]
) -> None:
    asked: list[str] = []
    fleet = Fleet()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        fleet.answer(handler)

    with serving(answer) as url:
        row = source(urls=[url])
        services.collect([row.pk])
        services.collect([row.pk])
        assert len(asked) == 1
        clock(5)
        Source.objects.update(claimed_until_at=EPOCH + timedelta(seconds=8))
        services.collect([row.pk])
        assert len(asked) == 1
        clock(8)
        services.collect([row.pk])
        assert len(asked) == 2
        Source.objects.update(enabled=False)
        clock(20)
        services.collect([row.pk])
        assert len(asked) == 2


def test_a_claim_that_was_lost_stores_nothing(clock: Callable[[float], None], told: list[Any]) -> None:
    row = source(urls=["http://127.0.0.1:9/metrics"])
    (claim,) = collecting.claim([row.pk], EPOCH)
    assert collecting.claim([row.pk], EPOCH) == []
    Source.objects.update(claimed_until_at=EPOCH + timedelta(seconds=60))
    answers = {str(target.pk): Scraped(None, "late") for target in claim.targets}
    assert collecting.close_window(claim, answers) is None
    assert Target.objects.get().last_error == ""


def test_a_slow_source_delays_only_itself(clock: Callable[[float], None], told: list[Any]) -> None:
    fleet, release = Fleet(), threading.Event()
    done: dict[str, float] = {}

    def slow(handler: BaseHTTPRequestHandler) -> None:
        release.wait(5)
        fleet.answer(handler)

    def heard(_services: Any, environment_id: int, _end: datetime) -> None:
        done[str(environment_id)] = time.monotonic()
        release.set()

    listeners._entries["test"] = heard
    with ExitStack() as servers:
        fast = [source(f"fast-{n}", urls=[servers.enter_context(serving(fleet.answer))]) for n in range(2)]
        stuck = source("slow", urls=[servers.enter_context(serving(slow))])
        services.collect([stuck.pk, *[row.pk for row in fast]])
    ends = dict(Source.objects.values_list("slug", "last_success_at"))
    assert all(ends.values())
    assert release.is_set()


def test_a_fault_in_a_listener_costs_nobody_the_window(
    clock: Callable[[float], None], told: list[Any]
) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("listener")

    heard: list[Any] = []
    listeners._entries.update({"test": broken, "other": lambda *args: heard.append(args)})
    with serving(Fleet().answer) as url:
        row = source(urls=[url])
        services.collect([row.pk])
    row.refresh_from_db()
    assert row.due_at == EPOCH + timedelta(seconds=5)
    assert len(heard) == 1


def test_a_refused_address_is_said(clock: Callable[[float], None], told: list[Any], settings: Any) -> None:
    settings.GATEHOUSE_HTTP_ALLOW_CIDRS = []
    with serving(Fleet().answer) as url:
        row = source(urls=[url])
        services.collect([row.pk])
    row.refresh_from_db()
    assert "127.0.0.1 is an internal address" in row.last_error
    assert row.last_success_at is None


def test_a_redirect_to_another_host_is_not_followed(clock: Callable[[float], None], told: list[Any]) -> None:
    with serving(Fleet().answer) as other:
        moved = {"Location": other.replace("127.0.0.1", "localhost")}
        with serving(lambda handler: reply(handler, status=302, headers=moved)) as url:
            row = source(urls=[url])
            services.collect([row.pk])
    row.refresh_from_db()
    assert "another host" in row.last_error


def test_the_worker_collects_a_batch_in_one_task(clock: Callable[[float], None], told: list[Any]) -> None:
    def answer(handler: Any) -> None:
        reply(handler, b"# EOF\n", headers={"Content-Type": "application/openmetrics-text; version=1.0.0"})

    with serving(answer) as url:
        sources = [source(f"fleet-{number}", urls=[url]) for number in range(3)]
        run_due(work="health.collect", pks=[each.pk for each in sources])
    assert Source.objects.filter(collected_through_at__isnull=False, last_error="").count() == 3
    assert len(told) == 3
