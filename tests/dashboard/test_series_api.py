"""The series behind the charts, over the API: what each metric gate of the stage reads, window by window."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.gates import services as gates
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.gates.factories import METRIC, running
from tests.health.factories import EPOCH, series, source, window

pytestmark = pytest.mark.django_db

TRAFFIC: dict[str, Any] = {
    **METRIC,
    "name": "traffic",
    "title": "Requests of orders",
    "settings": {"signal": "traffic", "limit": 1, "breaches": {"count": 2, "of": 3}},
}
CHECKLIST = {"name": "told", "kind": "checklist", "settings": {"items": ["on-call"]}}


@pytest.fixture
def mina() -> Person:
    made = person("mina@example.test")
    team("orders", viewer=[made])
    return made


def measured(*with_gates: dict[str, Any]) -> Rollout:
    """A stage since a minute: the old version fails in 1 of 100, the new one in 3 of 20, then is silent."""
    now = int((database_now() - EPOCH).total_seconds()) // 5
    fleet = source()
    old, new = series(fleet, version="2.4.0"), series(fleet, version="3.0.0")
    for number in range(now - 12, now - 1):
        window(old, number, bad=1, total=100)
        if number < now - 4:
            window(new, number, bad=3, total=20)
    rollout = running(*with_gates, at=EPOCH + timedelta(seconds=(now - 12) * 5))
    gates.judge(rollout_ids=[rollout.pk], now=database_now())
    return rollout


def told(who: Person, rollout: Rollout) -> list[dict[str, Any]]:
    client = Client()
    client.force_login(who)
    answer = client.get(f"/api/v1/rollouts/{rollout.slug}/series/")
    assert answer.status_code == 200, answer.content
    return list(answer.json())


def newest(points: list[dict[str, Any]]) -> list[float | None]:
    """The values of the windows that were measured; before them lie some that nobody measured."""
    return [point["value"] for point in points[-11:]]


def test_each_metric_gate_tells_both_versions_with_its_limit(mina: Person) -> None:
    errors, traffic = told(mina, measured(METRIC, TRAFFIC, CHECKLIST))
    assert (errors["gate"], errors["signal"], errors["unit"], errors["limit"]) == ("errors", "errors", "%", 5)
    assert newest(errors["old"]) == [1.0] * 11
    assert (traffic["gate"], traffic["unit"], traffic["limit"]) == ("traffic", "a second", 1)
    assert newest(traffic["old"]) == [20.0] * 11


def test_a_window_in_which_nobody_asked_is_null_and_no_zero(mina: Person) -> None:
    (errors,) = told(mina, measured(METRIC))
    assert newest(errors["new"]) == [15.0] * 8 + [None] * 3
    assert len(errors["new"]) == len(errors["old"])


def test_the_chart_for_plotly_holds_the_same_points(mina: Person) -> None:
    (errors,) = told(mina, measured(METRIC))
    assert set(errors["figure"]) == {"data", "layout"}
    drawn = [list(trace["y"]) for trace in errors["figure"]["data"]]
    assert [point["value"] for point in errors["new"]] in drawn


def test_a_stage_without_metric_gates_has_no_series(mina: Person) -> None:
    assert told(mina, measured(CHECKLIST)) == []


def test_a_private_rollout_tells_strangers_nothing(mina: Person) -> None:
    rollout = measured(METRIC)
    Rollout.objects.filter(pk=rollout.pk).update(visibility="private")
    client = Client()
    assert client.get(f"/api/v1/rollouts/{rollout.slug}/series/").status_code in (401, 403)
    client.force_login(person("stranger@example.test"))
    assert client.get(f"/api/v1/rollouts/{rollout.slug}/series/").status_code == 404
