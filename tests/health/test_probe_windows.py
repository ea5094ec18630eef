"""Runs of synthetic checks are windows: gates judge them, the graph counts them, and silence is no data."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.gates import services as gates
from rollouts.health import queries
from rollouts.health import services as health
from rollouts.health.graph.measuring import measure
from rollouts.health.models import Probe, ProbeRun, Source, Window
from rollouts.health.probes import windows
from rollouts.health.probes.values import span_s
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.gates.factories import METRIC, gate, running
from tests.health.factories import EPOCH, environment, series, service, source, window
from tests.health.test_prometheus_collecting import clock as clock

pytestmark = pytest.mark.django_db

SPAN = 20
"""A check every 10 s, of 3 s at most, where windows have 5 s."""


def check(slug: str = "orders-reads", **fields: Any) -> Probe:
    given = {"title": "Orders reads", "interval_s": 10, "timeout_s": 3, "version": "3.0.0"}
    made = Probe.objects.create(
        slug=slug, service=service(), environment=environment(), locations=["here"], **{**given, **fields}
    )
    source(slug="fleet", due_at=None)
    windows.ensure(made, EPOCH)
    return made


def runs(probe: Probe, *outcomes: bool, every_s: int = 10, took_s: float = 0.2, first: float = 1) -> None:
    """Runs one after the other."""
    ProbeRun.DAYS.ensure([EPOCH.date(), (EPOCH + timedelta(days=1)).date()])
    for number, ok in enumerate(outcomes):
        at = EPOCH + timedelta(seconds=first + number * every_s)
        ProbeRun.objects.create(
            probe=probe, location="here", at=at, ok=ok, took_s=took_s, said="" if ok else "Read: no."
        )


def close(clock: Callable[[datetime], None], seconds: float) -> None:
    """Lets what is due be counted at so many seconds after EPOCH, as the ticker does."""
    clock(EPOCH + timedelta(seconds=seconds))
    health.collect(health.due_sources(EPOCH + timedelta(seconds=seconds), 10))


def guarded(**settings: Any) -> Rollout:
    wanted = {"signal": "errors", "probe": "orders-reads", "limit": "40 %", "breaches": {"count": 2, "of": 3}}
    return running({**METRIC, "min_requests": 1, "warm_up": 0, "settings": {**wanted, **settings}})


def judged(rollout: Rollout, seconds: float) -> tuple[str, str]:
    gates.judge(rollout_ids=[rollout.pk], now=EPOCH + timedelta(seconds=seconds))
    row = gate(rollout)
    return row.verdict, row.sentence


def test_runs_are_counted_in_the_window_in_which_they_ended(clock: Callable[[datetime], None]) -> None:
    probe = check()
    runs(probe, True, False, True, first=4.9)
    for seconds in (7, 12, 17, 22, 27, 32):
        close(clock, seconds)
    rows = Window.objects.filter(series__name="check:orders-reads", series__signal="errors", gap=False)
    found = [((row.start_at - EPOCH).seconds, row.bad, row.total) for row in rows.order_by("start_at", "pk")]
    assert found == [(5, 0, 1), (15, 1, 1), (25, 0, 1)]
    assert {row.series.version for row in rows.select_related("series")} == {"3.0.0"}


def test_a_gate_judges_the_share_of_runs_that_failed(clock: Callable[[datetime], None]) -> None:
    probe, rollout = check(), guarded()
    runs(probe, True, True, True, False, False, False)
    for seconds in range(7, 68, 5):
        close(clock, seconds)
    word, said = judged(rollout, 63)
    assert (word, gate(rollout).evidence["probe"]) == ("fail", "orders-reads")
    assert said.startswith("Failed runs of the check orders-reads against Orders 3.0.0 is 100 % (2 of 2 runs")
    assert "2 of the last 3 measurements are over the limit of 40 %" in said


def test_slow_is_a_run_that_failed_or_took_longer(clock: Callable[[datetime], None]) -> None:
    probe = check()
    quick = guarded(signal="latency", slower_than="500ms")
    runs(probe, True, False, True, True, took_s=0.4)
    for seconds in range(7, 48, 5):
        close(clock, seconds)
    word, said = judged(quick, 42)
    assert word == "pass", said
    assert "Slow runs of the check orders-reads (over 500 ms) against" in said
    assert [one["bad"] for one in gate(quick).evidence["recent"]] == [1, 0]
    assert judged(guarded(signal="latency", slower_than="250ms"), 42)[0] == "fail"


def test_a_check_that_does_not_run_is_no_data_and_never_a_pass(clock: Callable[[datetime], None]) -> None:
    probe, rollout = check(), guarded()
    runs(probe, True, True)
    for seconds in range(7, 28, 5):
        close(clock, seconds)
    assert judged(rollout, 27)[0] == "pass"
    for seconds in range(32, 68, 5):
        close(clock, seconds)
    assert judged(rollout, 63)[0] == "no_data"


def test_a_check_without_a_version_says_nothing_of_one(clock: Callable[[datetime], None]) -> None:
    probe = check(version="")
    runs(probe, *[True] * 6)
    for seconds in range(7, 68, 5):
        close(clock, seconds)
    assert judged(guarded(), 63)[0] == "no_data"
    assert judged(guarded(version="all"), 63)[0] == "pass"


def test_windows_that_were_slept_through_are_counted(clock: Callable[[datetime], None]) -> None:
    probe = check()
    close(clock, 7)
    runs(probe, True, False, True, False)
    close(clock, 47)
    rows = Window.objects.filter(series__name="check:orders-reads", series__signal="errors")
    assert sum(row.total for row in rows) == 3
    assert Source.every.get(kind="checks").collected_through_at == EPOCH + timedelta(seconds=45)


def test_what_counts_checks_is_no_source_that_people_see(clock: Callable[[datetime], None]) -> None:
    probe = check()
    runs(probe, True)
    close(clock, 7)
    assert [row.slug for row in Source.objects.all()] == ["fleet"]
    assert [row.slug for row in queries.sources(EPOCH)] == ["fleet"]
    pair = (service().pk, environment().pk)
    assert queries.clocks({pair})[pair].through is None
    assert not queries.grids({pair}, since=EPOCH)[pair].cells


def test_windows_follow_those_of_the_environment() -> None:
    probe = check()
    Source.objects.update(window_s=15)
    windows.ensure(probe, EPOCH)
    row = Source.every.get(kind="checks")
    assert (row.window_s, row.delay_s, row.due_at) == (15, 2, EPOCH + timedelta(seconds=17))


@pytest.mark.parametrize(
    ("interval", "timeout", "window", "span"),
    [(10, 3, 5, SPAN), (60, 20, 60, 120), (60, 20, 5, 85), (5, 2.5, 5, 15), (300, 20, 60, 360)],
)
def test_a_window_is_so_long_that_a_run_ends_in_it(
    interval: float, timeout: float, window: int, span: int
) -> None:
    assert span_s(interval, timeout, window) == span


@pytest.mark.parametrize(
    ("outcomes", "users", "signal", "words"),
    [
        ((False, False), None, 0.0, "the check Orders reads fails, and no users tell"),
        ((False, False), (0, 100), 0.5, "the check Orders reads fails, users do not feel it"),
        ((False, False), (50, 100), 0.0, "the check Orders reads fails, as users do"),
        ((True, True), (50, 100), 0.0, "the check Orders reads passes, though users are served badly"),
        ((True, True), (0, 100), 1.0, "the check Orders reads passes"),
        ((True, True), None, None, ""),
    ],
)
def test_composite_health_sets_checks_beside_users(
    outcomes: tuple[bool, ...], users: tuple[int, int] | None, signal: float | None, words: str
) -> None:
    probe = check(version="")
    runs(probe, *outcomes)
    if users:
        window(series(Source.objects.get(), last_seen_at=EPOCH + timedelta(seconds=15)), 2, *users)
    graph = measure(environment(), through=EPOCH + timedelta(seconds=15), window_s=5)
    node = graph.nodes["orders"]
    said = [told for name, _value, told in node.parts if name == "check"]
    assert (node.signal, said) == (signal, [words] if words else [])


def test_the_page_of_a_service_says_how_many_runs_failed(client: Client) -> None:
    probe = check()
    of = series(Source.every.get(kind="checks"), name="check:orders-reads")
    newest = int((database_now() - EPOCH).total_seconds()) // 5 - 10
    for back, bad in ((0, 1), (5, 0), (9, 0), (20 * 3600 // 5, 1), (3 * 86400 // 5, 3)):
        window(of, newest - back, bad, 4)
    client.force_login(person("ada@example.test"))
    page = " ".join(client.get("/services/orders/").content.decode().split())
    assert "Runs that failed, 24 hours" in page
    assert "2 of 16 <small>12.50 %</small>" in page
    assert "5 of 20" in client.get("/services/orders/?range=7d").content.decode()
    other = Probe(slug="other")
    now = database_now()
    assert queries.runs_of([probe, other], now - timedelta(days=7), now)["other"].share is None
