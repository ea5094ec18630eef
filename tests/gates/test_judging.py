from datetime import datetime, timedelta
from typing import Any

import pytest

from rollouts.gates import queries, services
from rollouts.gates.models import Gate, Verdict
from rollouts.health.models import Series, Source
from rollouts.health.values import Perspective, Signal
from rollouts.plans.models import Rollout
from tests.gates.factories import EXPOSURE, METRIC, gate, running
from tests.health import factories as health
from tests.health.factories import EPOCH

pytestmark = pytest.mark.django_db


def after(windows: float, spare: float = 0.5) -> datetime:
    """So many windows after EPOCH, and a moment."""
    return EPOCH + timedelta(seconds=windows * 5 + spare)


class World:
    """A source with what orders 3.0.0 counted of itself, and what checkout counted of both versions."""

    def __init__(self) -> None:
        self.source: Source = health.source()
        self.own = health.series(self.source)
        self.called = self._called("3.0.0")
        self.old = self._called("2.4.0")

    def _called(self, version: str) -> Series:
        return health.series(self.source, version=version, perspective=Perspective.CALLERS, caller="checkout")

    def close(self, number: int, *, own: Any = None, called: Any = None, old: Any = None) -> None:
        """Stores what each side counted (bad, total) in this window; "gap" is one, None is nothing at all."""
        for series, count in ((self.own, own), (self.called, called), (self.old, old)):
            if count == "gap":
                health.window(series, number, gap=True)
            elif count is not None:
                health.window(series, number, *count)
        end = EPOCH + (number + 1) * self.source.window
        Source.objects.filter(pk=self.source.pk).update(collected_through_at=end)


def judged(rollout: Rollout, windows: float, spare: float = 0.5) -> set[int]:
    return services.judge(rollout_ids=[rollout.pk], now=after(windows, spare))


def judge_state(rollout: Rollout) -> dict[str, Any]:
    state = gate(rollout).state
    assert state is not None
    found: dict[str, Any] = state["judge"]
    return found


def test_two_bad_windows_of_three_fail_and_say_why() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(5, 10))
    assert judged(rollout, 3) == {rollout.pk}
    row = gate(rollout)
    assert row.verdict == "fail"
    assert row.sentence == (
        "Errors of Orders 3.0.0 is 50 % (5 of 10 requests); "
        "2 of the last 2 measurements are over the limit of 5 %."
    )
    assert row.evidence["service"] == "orders"
    assert row.evidence["versions"] == {"canary": "3.0.0", "baseline": "2.4.0"}
    assert row.changed_at == row.judged_at == after(3)
    assert row.no_data_since_at is None


def test_the_first_window_after_a_change_of_exposure_is_warm_up() -> None:
    world, rollout = World(), running(METRIC, at=EPOCH + timedelta(seconds=1))
    world.close(0, own=(5, 10))
    world.close(1, own=(5, 10))
    judged(rollout, 2)
    assert gate(rollout).sentence == "Errors of Orders 3.0.0 waits for its first window."
    world.close(2, own=(0, 10))
    judged(rollout, 3)
    assert gate(rollout).verdict == "pass"


def test_judging_twice_judges_once() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(5, 10))
    assert judged(rollout, 3) == {rollout.pk}
    before = gate(rollout).state
    assert judged(rollout, 3, spare=0.9) == set()
    assert gate(rollout).state == before
    assert Verdict.objects.filter(gate=gate(rollout)).count() == 1


def test_window_by_window_equals_all_at_once() -> None:
    world = World()
    one, other = running(METRIC, EXPOSURE), running(METRIC, EXPOSURE)
    for number, bad in enumerate([0, 5, 0, 0, 9, 0]):
        world.close(number, own=(bad, 10), called=(0, 3), old=(0, 27))
        judged(one, number + 1)
    judged(other, 6)
    for name in ("errors", "exposure"):
        assert gate(one, name).state == gate(other, name).state
        assert gate(one, name).sentence == gate(other, name).sentence


def test_a_dead_version_is_errors_and_not_silence() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own="gap", called=(8, 8), old=(0, 72))
    judged(rollout, 3)
    row = gate(rollout)
    assert row.verdict == "fail"
    assert "8 of 8 requests, as its callers counted" in row.sentence


def test_errors_that_only_the_server_sees_count_as_well() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(30, 100), called=(0, 10))
    judged(rollout, 3)
    assert gate(rollout).verdict == "fail"


def test_silence_on_both_sides_is_no_data_and_never_a_failure() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(4):
        world.close(number, own="gap", called="gap", old="gap")
        judged(rollout, number + 1)
    row = gate(rollout)
    assert row.verdict == "no_data"
    assert row.no_data_since_at == after(2)
    world.close(4, own=(0, 10))
    judged(rollout, 5)
    assert gate(rollout).verdict == "pass"
    assert gate(rollout).no_data_since_at is None


def test_windows_that_stop_closing_are_no_data() -> None:
    world, rollout = World(), running(METRIC, EXPOSURE)
    for number in range(3):
        world.close(number, own=(0, 10), called=(0, 10), old=(0, 90))
    judged(rollout, 3)
    assert gate(rollout).verdict == "pass"
    (stale,) = queries.due_times(rollout, after(3))
    assert stale == after(6, spare=1)
    assert judged(rollout, 6, spare=0.9) == set()
    assert judged(rollout, 6, spare=1) == {rollout.pk}
    for name in ("errors", "exposure"):
        assert gate(rollout, name).verdict == "no_data"
        assert gate(rollout, name).sentence == "Nothing was measured since 09:00:15 UTC."
    assert queries.due_times(rollout, after(7)) == [after(6, spare=1) + timedelta(minutes=15)]


def test_without_any_source_nothing_is_measured() -> None:
    rollout = running(METRIC)
    judged(rollout, 1)
    assert gate(rollout).verdict == "pending"
    services.judge(rollout_ids=[rollout.pk], now=EPOCH + timedelta(minutes=5))
    assert gate(rollout).verdict == "no_data"
    assert gate(rollout).sentence == "Nothing is measured: no source closes windows of this service."


def test_the_bake_counts_windows_in_which_every_required_gate_had_data() -> None:
    slow = {**METRIC, "name": "slow", "settings": {"signal": "saturation", "limit": 8}}
    watched = {**METRIC, "name": "watched", "observe": True}
    world, rollout = World(), running(METRIC, slow, watched)
    load = health.series(world.source, signal=Signal.SATURATION)
    stage = rollout.stages.get(number=1)
    assert queries.bake_progress(stage) == (0, 6)
    for number in range(8):
        world.close(number, own=(0, 10))
        if number != 3:
            health.window(load, number, value=1.0)
        moved = judged(rollout, number + 1)
        stage.refresh_from_db()
        # The first window is warm-up, in the fourth one gate has no data; both change nothing of the bake.
        done = max(0, min(number, 2)) + max(0, number - 3)
        assert queries.bake_progress(stage) == (stage.baked_windows, stage.needed_windows) == (done, 6)
        # A word changes, or one of the gates has enough for the bake: nothing else can move the rollout.
        assert (rollout.pk in moved) == (number in (1, 3, 4, 6, 7))
    assert queries.warm_until(rollout, 1) == EPOCH + timedelta(seconds=5)


def test_held_windows_are_judged_and_do_not_count_for_the_bake() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(2):
        world.close(number, own=(0, 10))
    judged(rollout, 2)
    Rollout.objects.update(state="held", state_since_at=after(2), held_for="person")
    for number in (2, 3):
        world.close(number, own=(0, 10))
    judged(rollout, 4)
    world.close(4, own=(0, 10))
    Rollout.objects.update(state="running", state_since_at=after(4.5), held_for="")
    judged(rollout, 5)
    assert queries.bake_progress(rollout.stages.get(number=1)) == (1, 6)
    world.close(5, own=(0, 10))
    judged(rollout, 6)
    assert queries.bake_progress(rollout.stages.get(number=1)) == (2, 6)
    assert judge_state(rollout)["measured"] == 5


def test_a_restart_forgets_what_was_measured() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(5, 10))
    judged(rollout, 3)
    rollout.stages.filter(number=1).update(bake_started_at=after(3))
    services.restart(rollout=rollout, stage=1, now=after(3))
    row = gate(rollout)
    assert (row.verdict, row.state, row.changed_at) == ("pending", None, after(3))
    for number in range(3, 6):
        world.close(number, own=(5 if number < 4 else 0, 10))
    judged(rollout, 6)
    # The window that was open at the restart and one of warm-up are not judged.
    assert judge_state(rollout)["measured"] == 1
    assert gate(rollout).verdict == "pass"


def test_after_a_halt_the_failure_stands_until_its_traffic_is_gone_for_long() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(5, 10))
    judged(rollout, 3)
    Rollout.objects.update(
        state="halted", state_since_at=after(3), granted={}, granted_at=after(3), granted_stage=None
    )
    rollout.stages.filter(number=1).update(state="halted")
    world.close(3, own=(0, 0), called=(0, 0), old=(0, 50))
    judged(rollout, 4)
    assert gate(rollout).verdict == "fail"
    for number in (4, 5):
        world.close(number, own=(0, 0), called=(0, 0), old=(0, 50))
    judged(rollout, 6)
    assert gate(rollout).verdict == "no_data"
    assert gate(rollout).silenced


def test_silence_is_the_halts_only_where_the_halt_took_the_traffic() -> None:
    world, rollout = World(), running(METRIC)
    Rollout.objects.update(state="halted", state_since_at=after(1))
    rollout.stages.filter(number=1).update(state="halted")
    for number in range(3):
        world.close(number, own="gap", called="gap")
    judged(rollout, 3)
    assert gate(rollout).verdict == "no_data"
    assert not gate(rollout).silenced


def test_the_measured_share_is_compared_with_the_granted_one() -> None:
    world, rollout = World(), running(EXPOSURE)
    for number in range(2):
        world.close(number, called=(0, 12), old=(0, 88))
    judged(rollout, 2)
    assert gate(rollout, "exposure").verdict == "pass"
    assert gate(rollout, "exposure").sentence == (
        "The share of Orders 3.0.0 is 12 % (12 of 100 requests), granted are 10 %: they agree."
    )
    world.close(2, called=(0, 60), old=(0, 40))
    judged(rollout, 3)
    assert gate(rollout, "exposure").verdict == "pending"
    world.close(3, called=(0, 60), old=(0, 40))
    judged(rollout, 4)
    assert gate(rollout, "exposure").verdict == "fail"


def test_only_the_granted_callers_may_use_the_new_version() -> None:
    world, rollout = World(), running(EXPOSURE)
    name = rollout.changes.get().name
    Rollout.objects.update(granted={name: {"percent": 100, "consumers": ["checkout"]}})
    world.close(0, called=(0, 50), old=(0, 0))
    judged(rollout, 1)
    assert gate(rollout, "exposure").verdict == "pass"
    stray = health.series(world.source, version="3.0.0", perspective=Perspective.CALLERS, caller="shipping")
    for number in (1, 2):
        world.close(number, called=(0, 50), old=(0, 0))
        health.window(stray, number, 0, 30)
    judged(rollout, 3)
    assert gate(rollout, "exposure").verdict == "fail"
    assert "among other calls is 100 % (30 of 30 requests)" in gate(rollout, "exposure").sentence


def test_after_a_rollback_the_exposure_must_read_zero_in_two_full_windows() -> None:
    world, rollout = World(), running(METRIC)
    Rollout.objects.update(
        state="rolling_back", state_since_at=after(1), rolling_back_at=after(1), granted={}, stage=1
    )
    rollout.stages.filter(number=1).update(state="rolling_back")
    rollout.refresh_from_db()

    def measured() -> str:
        rollout.refresh_from_db()
        return queries.measured_exposure(rollout, now=after(9))

    assert measured() == "no_data"
    world.close(1, called=(0, 0), old=(0, 90))
    assert measured() == "no_data"
    world.close(2, called=(0, 4), old=(0, 90))
    assert measured() == "not_zero"
    world.close(3, called=(0, 0), old=(0, 90))
    assert judged(rollout, 4) == set()
    world.close(4, called=(0, 0), old=(0, 90))
    assert measured() == "zero"
    assert judged(rollout, 5) == {rollout.pk}
    world.close(5, called="gap", old="gap", own="gap")
    assert measured() == "no_data"


def test_slow_answers_are_told_by_the_next_bucket_bound() -> None:
    latency = {
        **METRIC,
        "name": "latency",
        "settings": {"signal": "latency", "slower_than": "200ms", "limit": "10 %"},
    }
    world, rollout = World(), running(latency)
    series = health.series(world.source, signal=Signal.LATENCY)
    for number in range(2):
        health.window(series, number, total=10, buckets=[[0.1, 4], [0.25, 8], [None, 10]])
    judged(rollout, 2)
    row = gate(rollout, "latency")
    assert row.sentence.startswith(
        "Slow answers (over 250 ms, the next bound above 200 ms) of Orders 3.0.0 is 20 % (2 of 10 requests)"
    )
    assert (row.evidence["slower_than_s"], row.evidence["bound_s"]) == (0.2, 0.25)
    world.close(2)
    health.window(series, 2, total=10, buckets=[[0.1, 4], [None, 10]])
    judged(rollout, 3)
    assert gate(rollout, "latency").verdict == "inconclusive"
    assert "no bound at or above 200 ms" in gate(rollout, "latency").sentence


def test_traffic_fails_when_it_is_too_little() -> None:
    traffic = {**METRIC, "name": "traffic", "settings": {"signal": "traffic", "limit": 3}}
    world, rollout = World(), running(traffic)
    for number, total in enumerate([100, 15, 14, 0, 14]):
        world.close(number, own=(0, total))
    judged(rollout, 5)
    row = gate(rollout, "traffic")
    assert row.verdict == "fail"
    assert row.sentence == (
        "Traffic of Orders 3.0.0 is 2.8 requests a second; "
        "3 of the last 4 measurements are under the limit of 3 requests a second."
    )


def test_history_is_written_on_change_and_hourly() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(2):
        world.close(number, own=(0, 10))
    judged(rollout, 2)
    world.close(2, own=(0, 10))
    judged(rollout, 3)
    rows = Verdict.objects.filter(gate=gate(rollout)).order_by("pk")
    assert [row.word for row in rows] == ["pass"]
    Gate.objects.update(recorded_at=after(3) - timedelta(hours=1))
    judged(rollout, 3)
    assert rows.all().count() == 2


@pytest.mark.parametrize("many", [1, 12])
def test_judging_takes_a_constant_number_of_queries(many: int, django_assert_num_queries: Any) -> None:
    world = World()
    rollouts = [running(METRIC, EXPOSURE) for _ in range(many)]
    world.close(0, own=(0, 10), called=(0, 10), old=(0, 90))
    with django_assert_num_queries(15):
        services.judge(rollout_ids=[row.pk for row in rollouts], now=after(1))
