"""Many rollouts are judged in parts: all of them, each halted with its part; a fault costs one part."""

from collections.abc import Collection
from datetime import datetime

import pytest

from rollouts.decisions import batches, judging
from rollouts.gates import services
from rollouts.gates.models import Gate
from rollouts.plans.models import Rollout
from tests.gates.factories import METRIC, gate, running
from tests.gates.test_judging import World, after

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Rollout]:
    """Five rollouts whose gate fails by what is measured; each is a part of its own."""
    world, rollouts = World(), [running(METRIC) for _ in range(5)]
    for number in range(3):
        world.close(number, own=(5, 10))
    monkeypatch.setattr(batches, "SIZE", 1)
    monkeypatch.setattr(judging, "database_now", lambda: after(3))
    return rollouts


def test_all_parts_are_judged_and_move_their_rollouts(failing: list[Rollout]) -> None:
    judging.judge([rollout.pk for rollout in failing])
    assert {gate(rollout).verdict for rollout in failing} == {"fail"}
    for rollout in failing:
        rollout.refresh_from_db()
    assert {rollout.state for rollout in failing} == {"halted"}


def test_the_first_are_halted_before_the_last_are_judged(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    judge, states = services.judge, []

    def noting(*, rollout_ids: Collection[int], now: datetime) -> set[int]:
        states.append(list(Rollout.objects.order_by("pk").values_list("state", flat=True)))
        return judge(rollout_ids=rollout_ids, now=now)

    monkeypatch.setattr(services, "judge", noting)
    judging.judge([rollout.pk for rollout in failing])
    assert [state.count("halted") for state in states] == [0, 1, 2, 3, 4]


def test_a_part_that_breaks_costs_no_other(failing: list[Rollout], monkeypatch: pytest.MonkeyPatch) -> None:
    broken, judge = failing[2].pk, services.judge

    def breaking(*, rollout_ids: Collection[int], now: datetime) -> set[int]:
        if broken in rollout_ids:
            raise ValueError("as told")
        return judge(rollout_ids=rollout_ids, now=now)

    monkeypatch.setattr(services, "judge", breaking)
    judging.judge([rollout.pk for rollout in failing])
    words = dict(Gate.objects.filter(rollout__in=failing).values_list("rollout", "verdict"))
    assert words.pop(broken) == "pending"
    assert set(words.values()) == {"fail"}
