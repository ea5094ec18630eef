from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rollouts.gates import queries, services
from rollouts.gates.kinds.schedule import next_edge, opinion, within
from rollouts.gates.values import Word
from rollouts.plans.document.gate import ScheduleSettings
from rollouts.plans.models import Freeze, Rollout
from tests.gates.factories import gate, running
from tests.health.factories import EPOCH, environment, team

NINE_TO_FIVE = {"zone": "Europe/Berlin", "hours": {"from": "09:00", "to": "17:00"}}


def _said(settings: dict[str, Any], now: datetime, *freezes: Freeze) -> tuple[Word, str]:
    found = opinion(ScheduleSettings.read(settings), freezes, now)
    return found.word, found.sentence


def _freeze(hours: float, length: float = 1, **fields: Any) -> Freeze:
    start = EPOCH + timedelta(hours=hours)
    return Freeze(name="Peak", starts_at=start, ends_at=start + timedelta(hours=length), **fields)


def test_a_freeze_in_force_keeps_waiting_until_its_end() -> None:
    assert _said({}, EPOCH, _freeze(0)) == (
        Word.PENDING,
        "The freeze “Peak” is in force until 02 Mar 2026 10:00 UTC.",
    )
    assert _said({}, EPOCH, _freeze(0, absolute=True))[1].startswith("The absolute freeze “Peak”")
    assert _said({}, EPOCH + timedelta(hours=1), _freeze(0))[0] is Word.PASS
    assert _said({"freeze": False}, EPOCH, _freeze(0)) == (Word.PASS, "The time is right.")


def test_a_freeze_ahead_is_told() -> None:
    assert _said({}, EPOCH, _freeze(3)) == (
        Word.PASS,
        "No freeze is in force; the next begins 02 Mar 2026 12:00 UTC.",
    )
    assert _said({}, EPOCH) == (Word.PASS, "No freeze is in force.")


def test_not_before_is_local_time() -> None:
    settings = {"not_before": "2026-03-02 11:00", "zone": "Europe/Berlin"}
    assert _said(settings, EPOCH) == (Word.PENDING, "Not before 2026-03-02 11:00 Europe/Berlin.")
    assert _said(settings, EPOCH + timedelta(hours=1))[0] is Word.PASS


@pytest.mark.parametrize(
    ("utc", "inside"),
    [
        ("2026-03-02T07:59", False),
        ("2026-03-02T08:00", True),
        ("2026-03-02T15:59", True),
        ("2026-03-02T16:00", False),
        ("2026-03-07T10:00", False),
        ("2026-07-01T07:00", True),
    ],
)
def test_hours_are_local(utc: str, inside: bool) -> None:
    now = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    word, sentence = _said(NINE_TO_FIVE, now)
    assert word is (Word.PASS if inside else Word.PENDING)
    if not inside:
        assert sentence == "Only mon, tue, wed, thu, fri from 09:00 to 17:00 Europe/Berlin."


def test_the_next_edge_of_hours_is_found_over_a_change_of_clocks() -> None:
    hours = ScheduleSettings.read(NINE_TO_FIVE).hours
    assert hours is not None
    # Summer time begins on 29 March 2026: nine o'clock is then seven in UTC.
    friday = datetime(2026, 3, 27, 16, 0, tzinfo=UTC)
    assert next_edge(hours, "Europe/Berlin", friday) == datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
    saturday = datetime(2026, 3, 28, 16, 0, tzinfo=UTC)
    assert next_edge(hours, "Europe/Berlin", saturday) == datetime(2026, 3, 29, 7, 0, tzinfo=UTC)


def test_hours_until_midnight_end_there() -> None:
    settings = ScheduleSettings.read(
        {"zone": "UTC", "hours": {"from": "00:00", "to": "24:00", "days": ["mon"]}}
    )
    assert settings.hours is not None
    assert within(settings.hours, "UTC", EPOCH.replace(hour=23, minute=59))
    assert next_edge(settings.hours, "UTC", EPOCH) == datetime(2026, 3, 3, tzinfo=UTC)


@pytest.mark.django_db
def test_the_gate_follows_the_calendar_and_says_when_to_look_again() -> None:
    rollout = running({"name": "calm", "kind": "schedule", "settings": {"freeze": True}})
    row = _freeze(1, team=team(), environment=environment())
    row.save()
    assert queries.due_times(rollout, EPOCH) == [row.starts_at, row.ends_at]
    assert services.judge(rollout_ids=[rollout.pk], now=EPOCH) == {rollout.pk} or True
    assert gate(rollout, "calm").verdict == "pass"
    assert services.judge(rollout_ids=[rollout.pk], now=row.starts_at) == {rollout.pk}
    assert gate(rollout, "calm").verdict == "pending"
    services.refresh(rollout=Rollout.objects.get(pk=rollout.pk), now=row.ends_at)
    assert gate(rollout, "calm").verdict == "pass"
