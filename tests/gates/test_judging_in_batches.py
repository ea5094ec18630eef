"""Many rollouts are judged in batches by all workers that are free; each row stays until it is done."""

import threading
from collections.abc import Collection
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from rollouts.audit.models import Event
from rollouts.audit.tasks import run_due
from rollouts.decisions import batches, judging
from rollouts.decisions.models import Batch
from rollouts.decisions.ticker import Ticker
from rollouts.gates import services
from rollouts.plans.models import Rollout
from tests.gates.factories import METRIC, gate, running
from tests.gates.test_judging import World, after

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[Rollout]:
    """Five rollouts whose gate fails by what is measured; each is a batch of its own."""
    with transaction.atomic():
        world, rollouts = World(), [running(METRIC) for _ in range(5)]
        for number in range(3):
            world.close(number, own=(5, 10))
    monkeypatch.setattr(batches, "SIZE", 1)
    monkeypatch.setattr(judging, "database_now", lambda: after(3))
    monkeypatch.setattr(batches, "database_now", lambda: after(3))
    monkeypatch.setattr(batches, "offer", lambda work, pks: None)
    return rollouts


def words(rollouts: Collection[Rollout]) -> list[str]:
    return [gate(rollout).verdict for rollout in rollouts]


def test_all_batches_are_judged_and_move_their_rollouts(failing: list[Rollout]) -> None:
    judging.judge([rollout.pk for rollout in failing])
    assert words(failing) == ["fail"] * 5
    assert not Batch.objects.exists()
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


def test_a_batch_that_breaks_costs_no_other_and_is_tried_again(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, judge = failing[2].pk, services.judge
    monkeypatch.setattr(services, "judge", breaking(broken))
    judging.judge([rollout.pk for rollout in failing])
    assert words(failing) == ["fail", "fail", "pending", "fail", "fail"]
    left = Batch.objects.get()
    assert left.rollouts == [broken]
    assert batches.take() is None
    assert batches.due(after(3) + batches.AGAIN, 10) == [left.pk]

    monkeypatch.setattr(services, "judge", judge)
    monkeypatch.setattr(batches, "database_now", lambda: after(3) + batches.AGAIN)
    run_due(work=batches.WORK, pks=[left.pk])
    assert words(failing) == ["fail"] * 5
    assert not Batch.objects.exists()


def test_a_batch_that_breaks_three_times_is_left_to_the_next_windows(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "judge", breaking(failing[0].pk))
    judging.judge([failing[0].pk])
    for number in range(1, batches.TRIES):
        left = Batch.objects.get()
        assert left.tries == number
        monkeypatch.setattr(batches, "database_now", lambda at=left.due_at: at)
        judging.work_off()
    assert not Batch.objects.exists()


def breaking(broken: int) -> object:
    """A judge that cannot judge one of the rollouts."""
    judge = services.judge

    def broke(*, rollout_ids: Collection[int], now: datetime) -> set[int]:
        if broken in rollout_ids:
            raise ValueError("as told")
        return judge(rollout_ids=rollout_ids, now=now)

    return broke


def test_a_batch_that_somebody_has_is_nobody_elses_for_a_minute(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    batches.write([failing[0].pk])
    taken = batches.take()
    assert taken is not None
    assert batches.take() is None
    monkeypatch.setattr(batches, "database_now", lambda: after(3) + batches.LEASE)
    again = batches.take()
    assert again is not None
    assert (again.pk, again.tries) == (taken.pk, 2)


def test_a_worker_is_called_for_each_batch_but_the_first(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[str, list[int], int]] = []
    monkeypatch.setattr(
        batches,
        "offer",
        lambda work, pks: called.append((work, pks, Batch.objects.filter(pk__in=pks).count())),
    )
    judging.judge([rollout.pk for rollout in failing])
    assert [(work, len(pks), there) for work, pks, there in called] == [(batches.WORK, 1, 1)] * 4


def test_without_a_broker_who_closed_the_window_judges_all(
    failing: list[Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def silent(work: str, pks: list[int]) -> None:
        asked.append(work)
        raise ConnectionError("nobody there")

    monkeypatch.setattr(batches, "offer", silent)
    judging.judge([rollout.pk for rollout in failing])
    assert len(asked) == 1
    assert words(failing) == ["fail"] * 5


def test_what_a_killed_worker_left_is_found_by_the_clock(failing: list[Rollout]) -> None:
    batches.write([rollout.pk for rollout in failing])
    Batch.objects.update(tries=1, due_at=after(3) - timedelta(seconds=1))
    offered: list[tuple[str, list[int]]] = []
    Ticker(1, offer=lambda work, pks: offered.append((work, pks))).tick()
    mine = [pks for work, pks in offered if work == batches.WORK]
    assert len(mine) == 5
    for pks in mine:
        run_due(work=batches.WORK, pks=pks)
    assert words(failing) == ["fail"] * 5


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_the_batches_and_halt_each_rollout_once(failing: list[Rollout]) -> None:
    batches.write([rollout.pk for rollout in failing])
    both = threading.Barrier(2)

    def work() -> None:
        try:
            both.wait()
            judging.work_off()
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert words(failing) == ["fail"] * 5
    assert not Batch.objects.exists()
    halts = Event.objects.filter(kind="rollout.halted", stream__in=[rollout.stream for rollout in failing])
    assert halts.count() == 5
