"""When the system must look again: no time hides behind another that moved nothing."""

from datetime import timedelta

import pytest

from rollouts.audit.models import Event
from rollouts.decisions import services
from rollouts.decisions.ticker import pause_between
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout, Stage
from tests.decisions import factories as make
from tests.health.factories import source

pytestmark = pytest.mark.django_db(transaction=True)

ERRORS = """
gates:
  - name: errors
    title: Errors
    kind: metric
    settings: {judge: limit, signal: errors, service: orders, version: canary, limit: "5 %"}
"""


def measured(there: make.World) -> Rollout:
    """Running in a stage whose bake needs windows that nobody measures, and that may take an hour."""
    text = make.plan_text(gates=ERRORS, exit_="errors")
    return make.running(there, source=text.replace("bake: 0s", "bake: 1m\n    max_duration: 1h", 1))


def test_the_end_of_a_bake_without_windows_does_not_hide_the_end_of_its_time() -> None:
    row = measured(make.world())
    services.do_duties(rollout_id=row.pk)
    passed = database_now() - timedelta(seconds=1)
    Stage.objects.filter(number=1).update(bake_ends_at=passed, due_at=passed)
    stage = Stage.objects.get(number=1)
    assert stage.state in ("waiting", "baking")
    assert stage.overdue_at is not None
    wanted = services.next_due(row, stage.overdue_at - timedelta(seconds=1))
    assert wanted == stage.overdue_at


def test_an_overdue_stage_is_said_once() -> None:
    row = measured(make.world())
    passed = database_now() - timedelta(seconds=1)
    Stage.objects.filter(number=1).update(overdue_at=passed)
    for _ in range(3):
        services.do_duties(rollout_id=row.pk)
    assert Event.objects.filter(stream=row.stream, kind="rollout.overdue").count() == 1


def test_a_tick_is_at_most_a_fifth_of_the_shortest_window() -> None:
    assert pause_between(5) == 5
    source("slow", window_s=60)
    assert pause_between(5) == 5
    fast = source("fast", window_s=5)
    assert pause_between(5) == 1
    assert pause_between(0.5) == 0.5
    Source.objects.filter(pk=fast.pk).update(enabled=False)
    assert pause_between(5) == 5
