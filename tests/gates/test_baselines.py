"""The hours before a rollout: recorded once at its start, shown, and used where a week is missing."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from rollouts.audit.models import Event
from rollouts.audit.queries import with_content
from rollouts.audit.values import SYSTEM, EventView
from rollouts.gates import queries, services
from rollouts.gates.baselines import reading, recording
from rollouts.gates.models import Baseline
from rollouts.health.models import Source
from rollouts.health.signals import Measured
from rollouts.health.values import Signal
from rollouts.plans.models import Rollout
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions import factories as make
from tests.decisions.test_timers import ERRORS
from tests.gates.factories import METRIC, gate, running
from tests.health.factories import EPOCH, series, service, source, window

DAY, WEEK = timedelta(days=1), timedelta(days=7)


def recorded(counts: list[Any], *, back: timedelta = DAY, step_s: int = 60, **fields: Any) -> Baseline:
    """One that is not saved, of a rollout that began at EPOCH."""
    given = {"signal": "errors", "slower_than_s": 0, **fields}
    begins = EPOCH - back
    return Baseline(back=back, begins_at=begins, ends_at=begins + DAY, step_s=step_s, counts=counts, **given)


def at(minutes: float, *, days: int = 0) -> datetime:
    return EPOCH + timedelta(minutes=minutes, days=days)


def start(minutes: float, back: timedelta = DAY) -> int:
    return int((at(minutes) - back).timestamp())


def test_the_same_time_of_day_is_looked_up_also_on_later_days() -> None:
    row = recorded([[start(0), 1, 100, None], [start(5), 3, 60, None], [start(23 * 60), 5, 50, None]])
    times = [at(0), at(0.5), at(5), at(6), at(5, days=3), at(-60)]
    assert reading.values_at(row, times) == [0.01, 0.01, 0.05, None, 0.05, 0.1]


@given(st.integers(0, 86_399), st.integers(0, 5), st.sampled_from([5, 15, 60, 300]))
def test_every_second_lies_in_one_step_of_the_recorded_day(second: int, days: int, step_s: int) -> None:
    step = second // step_s * step_s
    row = recorded([[int((EPOCH - DAY).timestamp()) + step, 1, 4, None]], step_s=step_s)
    assert reading.values_at(row, [EPOCH + timedelta(days=days, seconds=second)]) == [0.25]


def test_hours_add_up_and_no_more_than_a_day_of_them() -> None:
    row = recorded([[start(minute), 1, 10, None] for minute in range(0, 24 * 60, 10)])
    assert reading.summed(row, at(0), at(60)) == reading.Summed(6, 60, 0.1, 6)
    assert reading.summed(row, at(0), at(0, days=9)).total == 1440
    assert reading.summed(recorded([]), at(0), at(60)).share is None
    gauge = recorded([[start(0), 0, 0, 4.0], [start(1), 0, 0, 6.0]], signal="saturation")
    assert reading.summed(gauge, at(0), at(60)).share == 5.0


def test_short_windows_of_a_day_become_minutes_and_lose_no_request() -> None:
    counts = [(number * 5, 1.0, 10.0, 2.0) for number in range(24)]
    thinned, step_s = recording.thinned(counts, 5)
    assert step_s == 60
    assert thinned == ((0, 12.0, 120.0, 2.0), (60, 12.0, 120.0, 2.0))
    assert recording.thinned(counts, 60) == (tuple(counts), 60)


def started(slug: str = "orders-v3") -> Rollout:
    """Started through the door, with the follow-up of its start done twice."""
    row = make.running(make.world(), slug, source=make.plan_text(slug, gates=ERRORS, exit_="errors"))
    (event,) = with_content(list(Event.objects.filter(stream=row.stream, kind="rollout.started")))
    for _ in range(2):
        recording.follow(event)
    return row


@pytest.mark.django_db
def test_a_start_asks_once_for_the_day_and_the_week_before() -> None:
    row = started()
    kept = list(Baseline.objects.filter(rollout=row).order_by("back"))
    assert [each.back for each in kept] == [DAY, WEEK]
    assert all(each.due_at and each.begins_at.minute == 0 for each in kept)
    assert all(each.ends_at + each.back <= each.due_at + DAY for each in kept if each.due_at)
    assert row.started_at is not None
    assert kept[0].ends_at <= row.started_at, "only what the rollout could not change"


@pytest.mark.django_db
def test_what_gatehouse_watched_is_kept_and_what_nobody_did_is_said() -> None:
    row = started()
    old = series(source(window_s=60, environment=row.environment), version="2.4.0")
    day, week = Baseline.objects.order_by("back")
    first = int((day.begins_at - EPOCH).total_seconds()) // 60
    for number in range(first, first + 3):
        window(old, number, bad=1, total=50)
    Source.objects.update(collected_through_at=row.started_at)
    for each in (day, week):
        recording.record(each.pk)
    day.refresh_from_db()
    week.refresh_from_db()
    assert [count[1:3] for count in day.counts] == [[1, 50]] * 3
    assert (day.source, day.error, day.due_at) == ("Gatehouse", "", None)
    assert week.counts == []
    assert week.error == "Gatehouse has no windows of these hours, and no source that remembers them."
    assert recording.due(day.ends_at + WEEK, 10) == [], "a settled one is not asked for again"
    told = signed_in(make.world().mina).get(f"/api/v1/rollouts/{row.slug}/baselines/").json()
    assert [(each["days"], len(each["counts"])) for each in told["results"]] == [(1, 3), (7, 0)]
    page = signed_in(make.world().mina).get(row.get_absolute_url()).content.decode()
    assert "The week before: no data. Gatehouse has no windows of these hours" in page


@pytest.mark.django_db
def test_who_comes_second_leaves_it_and_long_after_the_end_it_is_let_go() -> None:
    row = started()
    day = Baseline.objects.get(rollout=row, back=DAY)
    Baseline.objects.update(due_at=day.ends_at + WEEK)
    recording.record(day.pk)
    day.refresh_from_db()
    assert day.recorded_at is None, "another holds it"
    Baseline.objects.update(counts=[[0, 1, 2, None]], recorded_at=row.started_at, due_at=None)
    ended = EventView(1, row.stream, 9, "rollout.completed", EPOCH, SYSTEM, "page", {"rollout": row.slug})
    assert recording.wants(ended.kind)
    recording.follow(ended)
    day.refresh_from_db()
    assert day.due_at == EPOCH + recording.KEPT
    Rollout.objects.update(state="completed")
    Baseline.objects.update(due_at=EPOCH)
    recording.record(day.pk)
    day.refresh_from_db()
    assert not day.counts
    assert day.error == "It was let go long after the rollout ended."
    assert recording.due(EPOCH + WEEK, 10) == [Baseline.objects.get(rollout=row, back=WEEK).pk]


@pytest.mark.django_db
def test_advice_by_last_week_rests_on_what_was_recorded_where_no_window_is() -> None:
    advice = {**METRIC, "name": "week", "warm_up": 0, "settings": {"signal": "errors", "judge": "last-week"}}
    row = running(advice)
    new = series(source(), version="3.0.0")
    for number in range(12):
        window(new, number, bad=2, total=100)
    counts = [[int((EPOCH - WEEK).timestamp()) + 5 * number, 2, 100, None] for number in range(12)]
    judged_at = EPOCH + timedelta(seconds=60)

    def says() -> str:
        with transaction.atomic():
            services.judge(rollout_ids=[row.pk], now=judged_at)
        return gate(row, "week").verdict

    before = says()
    row.gates.update(state=None, evidence={})
    Baseline.objects.create(
        rollout=row, service=service(), environment=row.environment, signal="errors", back=WEEK,
        begins_at=EPOCH - WEEK, ends_at=EPOCH - WEEK + DAY, step_s=5, counts=counts, recorded_at=judged_at,
    )  # fmt: skip
    assert (before, says()) == ("no_data", "pass")


def test_latency_keeps_its_bounds_apart() -> None:
    measured = Measured(total=10, buckets={0.1: 6.0, 0.5: 9.0, float("inf"): 10.0})
    slow = recording.count(0, measured, Signal.LATENCY, 0.1, 60)
    assert list(slow) == [0, 4.0, 10, None]
    assert (
        queries.baseline_sum(recorded([[start(0), *slow[1:]]], signal="latency"), at(0), at(1)).share == 0.4
    )


@pytest.mark.django_db
def test_what_nobody_watched_is_said_once() -> None:
    row = started()
    for each in Baseline.objects.all():
        recording.record(each.pk)
    page = signed_in(make.world().mina).get(row.get_absolute_url()).content.decode()
    assert "The day and the week before: no data. Gatehouse has no windows of these hours" in page
