"""From a real answer of a real target to the event in the log, through the door."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.audit.models import Event
from rollouts.decisions.machine.values import Action
from rollouts.health import collecting, services
from rollouts.health.models import Source, Target
from rollouts.plans.models import Rollout
from tests.decisions import factories as decisions
from tests.health import factories as health
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db

GATES = """
gates:
  - name: errors
    kind: metric
    on_fail: halt
    min_requests: 5
    warm_up: 1
    no_data: {after: 1s}
    settings: {signal: errors, service: orders, limit: "5 %", breaches: {count: 2, of: 3}}
"""


class Callers:
    """Checkout, which calls both versions of orders, as its metrics tell."""

    def __init__(self) -> None:
        self.counts = {
            (version, outcome): 0 for version in ("2.4.0", "3.0.0") for outcome in ("ok", "refused")
        }
        self.answers = True

    def call(self, *, old: int = 0, new: int = 0, refused: int = 0) -> None:
        self.counts["2.4.0", "ok"] += old
        self.counts["3.0.0", "ok"] += new
        self.counts["3.0.0", "refused"] += refused

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        if not self.answers:
            reply(handler, status=503)
            return
        lines = ["# TYPE http_client_requests_total counter"]
        for (version, outcome), count in self.counts.items():
            labels = f'service="checkout",callee="orders",callee_version="{version}",outcome="{outcome}"'
            lines.append(f"http_client_requests_total{{{labels}}} {count}")
        body = ("\n".join(lines) + "\n").encode()
        reply(handler, body, headers={"Content-Type": "text/plain; version=0.0.4"})


class Clock:
    """The database's clock as every part sees it, moved by whole windows of 5 s."""

    def __init__(self) -> None:
        seconds = int(time.time())
        self.now = datetime.fromtimestamp(seconds - seconds % 5, health.EPOCH.tzinfo)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    from rollouts.audit import services as audit
    from rollouts.decisions import judging
    from rollouts.gates import services as gates

    clock = Clock()
    for module in (audit, judging, gates, collecting, services):
        monkeypatch.setattr(module, "database_now", lambda: clock.now)
    return clock


@pytest.fixture
def fleet(clock: Clock) -> Iterator[tuple[Callers, Callable[..., None], Rollout]]:
    there = decisions.world()
    checkout = health.service("checkout")
    callers = Callers()
    with serving(callers.answer) as url:
        source = health.source(environment=there.production, team=there.owners, due_at=clock.now)
        Target.objects.create(source=source, service=checkout, url=url)
        services.collect([source.pk])
        text = decisions.plan_text(gates=GATES, exit_="errors").replace("bake: 0s", "bake: 15s", 1)
        rollout = decisions.running(there, source=text)

        def window(**counts: Any) -> None:
            callers.call(**counts)
            clock.now += timedelta(seconds=5)
            services.collect([source.pk])

        yield callers, window, rollout


def _now(rollout: Rollout) -> tuple[str, str]:
    rollout.refresh_from_db()
    return rollout.state, rollout.stages.get(number=1).state


def test_a_healthy_bake_makes_the_stage_ready(fleet: Any) -> None:
    _, window, rollout = fleet
    for _ in range(3):
        window(old=90, new=10)
    assert _now(rollout) == ("running", "baking")
    for _ in range(3):
        window(old=90, new=10)
    assert _now(rollout) == ("running", "ready")


def test_a_dead_version_halts_within_two_seconds_of_its_sample(fleet: Any) -> None:
    _, window, rollout = fleet
    for _ in range(3):
        window(old=90, new=10)
    window(old=90, refused=10)
    assert _now(rollout)[0] == "running"
    started = time.monotonic()
    window(old=90, refused=10)
    assert time.monotonic() - started < 2
    assert _now(rollout) == ("halted", "halted")
    event = Event.objects.filter(stream=rollout.stream, kind="rollout.halted").get()
    assert event.seq == rollout.version
    assert rollout.granted == {}


def test_stopped_scraping_says_no_data_and_holds_and_never_halts(fleet: Any) -> None:
    callers, window, rollout = fleet
    for _ in range(3):
        window(old=90, new=10)
    callers.answers = False
    for _ in range(12):
        window(old=90, new=10)
        rollout.refresh_from_db()
        # The clock's part, which the ticker has.
        if rollout.due_at is not None:
            from rollouts.decisions import judging

            judging.run_rollout(rollout.pk)
    assert _now(rollout)[0] == "held"
    assert rollout.held_for == "no_data"
    assert not Event.objects.filter(stream=rollout.stream, kind="rollout.halted").exists()
    callers.answers = True
    window(old=90, new=10)
    window(old=90, new=10)
    assert _now(rollout)[0] == "running"


def test_after_a_rollback_measured_exposure_of_zero_confirms_it(fleet: Any) -> None:
    _, window, rollout = fleet
    there = decisions.world()
    for _ in range(2):
        window(old=90, new=10)
    decisions.decide(there.priya, Action.HALT, reason="Orders are wrong.")
    decisions.decide(there.priya, Action.ROLL_BACK, reason="Orders are wrong.")
    window(old=90, new=10)
    window(old=99, new=1)
    assert _now(rollout)[0] == "rolling_back"
    window(old=100)
    window(old=100)
    assert _now(rollout)[0] == "rolled_back"
    assert Source.objects.get().last_error == ""
