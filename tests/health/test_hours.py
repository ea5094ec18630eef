"""Windows added up to hours: a month of a service costs little, and says the same."""

from datetime import timedelta

import pytest

from rollouts.health import hours, storing
from rollouts.health.models import Hour, Rolled, Series, Source, Window
from rollouts.health.queries import Trend, trend
from rollouts.health.signals import Measured, Subject
from rollouts.health.values import Perspective, Signal
from tests.health.factories import EPOCH, environment, series, service, source

pytestmark = pytest.mark.django_db
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BUCKETS = [[0.1, 50], [0.25, 90], [None, 100]]


def month(step_s: int = 3600) -> Trend:
    return trend(
        service().pk, environment().pk, since=EPOCH, until=EPOCH + 4 * HOUR, step_s=step_s, slow_s=0.2
    )


def fill(of: Series, minutes: range, bad: int = 1, total: int = 100, **fields: object) -> None:
    Window.objects.bulk_create(
        Window(series=of, start_at=EPOCH + number * MINUTE, bad=bad, total=total, **fields)
        for number in minutes
    )


def fleet(minutes: int) -> Source:
    """A source with windows of a minute that has closed so many of them."""
    return source(window_s=60, collected_through_at=EPOCH + minutes * MINUTE)


def rolled(of: Source) -> None:
    while of.pk in hours.due(EPOCH, 10):
        hours.roll(of.pk)


def test_hours_say_the_same_as_their_windows() -> None:
    here = fleet(200)
    old, new = series(here, version="2.4.0"), series(here)
    called = series(here, perspective=Perspective.CALLERS, caller="shipping")
    timed = series(here, signal=Signal.LATENCY)
    fill(old, range(30))
    fill(new, range(20, 55), bad=7)
    fill(new, range(70, 200), bad=2)
    fill(new, range(55, 60), total=0, bad=0, gap=True)
    fill(called, range(100), bad=5, total=60)
    fill(timed, range(200), bad=0, buckets=BUCKETS)
    before, fine = month(), month(300)
    rolled(here)
    assert Rolled.objects.get().through_at == EPOCH + 3 * HOUR
    assert Hour.objects.filter(series=new).count() == 3
    Window.objects.filter(start_at__lt=EPOCH + 3 * HOUR).update(total=1, bad=0, buckets=BUCKETS)
    assert month() == before
    assert before.steps[0].measured_s == 55 * 60
    assert month(300) != fine  # shorter steps are read from windows


def test_an_hour_keeps_the_buckets_of_its_newest_layout() -> None:
    here = fleet(60)
    timed = series(here, signal=Signal.LATENCY)
    fill(timed, range(10), bad=0, buckets=[[0.5, 80], [None, 100]])
    fill(timed, range(10, 30), bad=0, buckets=BUCKETS)
    before = month()
    rolled(here)
    row = Hour.objects.get()
    assert (row.total, row.timed, row.buckets) == (3000, 2000, [[0.1, 1000], [0.25, 1800], [None, 2000]])
    assert month() == before
    assert (before.steps[0].slow, before.steps[0].timed) == (200, 2000)


def test_an_hour_is_worked_out_when_it_has_closed_and_once() -> None:
    here = fleet(59)
    fill(series(here), range(59))
    hours.roll(here.pk)
    assert Hour.objects.count() == 0
    Source.objects.update(collected_through_at=EPOCH + HOUR)
    hours.roll(here.pk)
    hours.roll(here.pk)
    assert [row.total for row in Hour.objects.all()] == [5900]
    assert hours.due(EPOCH, 10) == []


def test_a_recording_of_the_past_makes_its_hours_anew() -> None:
    here = fleet(180)
    fill(series(here), range(70, 80))
    rolled(here)
    assert Rolled.objects.get().through_at == EPOCH + 3 * HOUR
    subject = Subject("orders", "3.0.0", Signal.ERRORS, Perspective.SERVER, "")
    storing.store_recorded(here, {EPOCH + 90 * MINUTE: {subject: Measured(5, 10)}})
    assert month().steps[1].total == 1010  # from its windows, until it is worked out
    assert Rolled.objects.get().through_at == EPOCH + HOUR
    rolled(here)
    assert month().steps[1].total == 1010
    assert Hour.objects.get(start_at=EPOCH + HOUR).bad == 15


def test_a_source_without_windows_rests_at_its_clock_and_another_holds_nothing_back() -> None:
    idle = fleet(150)
    rolled(idle)
    assert Rolled.objects.get().through_at == EPOCH + 2 * HOUR
    assert hours.due(EPOCH, 10) == []
    Source.objects.update(collected_through_at=None)
    hours.roll(idle.pk)
    assert Rolled.objects.get().through_at == EPOCH + 2 * HOUR


def test_days_of_hours_are_dropped_with_those_of_windows() -> None:
    here = fleet(60)
    fill(series(here), range(60))
    rolled(here)
    (day,) = {row.day.toordinal() for row in Hour.objects.all()}
    hours.keep_day(day)
    assert Hour.objects.count() == 0  # months ago by the clock
    assert hours.due_days(EPOCH, 10)
