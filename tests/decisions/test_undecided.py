"""Undecided gates through the door: what is written, logged and said, and that the log rebuilds it."""

from datetime import timedelta

import pytest

from rollouts.audit.models import Event
from rollouts.decisions import services
from rollouts.decisions.replaying import replay
from rollouts.gates.models import Gate
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.decisions import factories as make
from tests.decisions.test_timers import ERRORS

pytestmark = pytest.mark.django_db(transaction=True)


def undecided(policies: str, **given: object) -> Rollout:
    """Running in its first stage, with a gate that says what was `given`."""
    text = make.plan_text(gates=ERRORS, exit_="errors")
    row = make.running(make.world(), source=text.replace("bake: 0s", f"bake: 10m\n    {policies}", 1))
    Gate.objects.filter(rollout=row, name="errors").update(changed_at=database_now(), **given)
    return row


def kinds(row: Rollout) -> list[str]:
    return list(Event.objects.filter(stream=row.stream).order_by("seq").values_list("kind", flat=True))


def test_the_bake_of_an_inconclusive_stage_is_extended_and_its_end_is_due() -> None:
    row = undecided("inconclusive: {then: extend, extend: 15m}", verdict="inconclusive")
    services.do_duties(rollout_id=row.pk)
    services.do_duties(rollout_id=row.pk)
    stage = row.stages.get(number=1)
    assert stage.extended == timedelta(minutes=10)
    assert kinds(row).count("rollout.bake_extended") == 1
    assert stage.extended_until_at is not None
    just_before = stage.extended_until_at - timedelta(seconds=1)
    assert services.next_due(row, just_before) == stage.extended_until_at
    row.stages.filter(number=1).update(extended_until_at=database_now())
    services.do_duties(rollout_id=row.pk)
    assert row.stages.get(number=1).extended == timedelta(minutes=15)
    assert [each.differences for each in replay()] == [()]
    row.stages.filter(number=1).update(extended=timedelta())
    assert "The bake of stage 1 grew by 0:00:00 here and by 0:15:00 there." in next(replay()).differences


def test_people_are_asked_once_about_silence() -> None:
    long_ago = database_now() - timedelta(minutes=6)
    policies = "no_data: {after: 5m, then: ask}"
    row = undecided(policies, verdict="no_data", no_data_since_at=long_ago)
    services.do_duties(rollout_id=row.pk)
    services.do_duties(rollout_id=row.pk)
    assert kinds(row).count("rollout.decision_asked") == 1
    row.refresh_from_db()
    assert row.state == "running"


def test_silence_halts_where_the_plan_says_so() -> None:
    long_ago = database_now() - timedelta(minutes=6)
    policies = "no_data: {after: 5m, then: halt}"
    row = undecided(policies, verdict="no_data", no_data_since_at=long_ago)
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    assert row.state == "halted"
