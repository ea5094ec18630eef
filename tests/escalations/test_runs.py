"""Runs climb by the database's clock, and stop when somebody answers or it is over."""

from datetime import timedelta

import pytest

from rollouts.audit.queries import events
from rollouts.audit.values import Face
from rollouts.escalations import services
from rollouts.escalations.models import Run
from rollouts.escalations.services import Refused
from rollouts.lib.clock import database_now
from tests.escalations import factories as f

pytestmark = pytest.mark.django_db


def kinds(rollout: object) -> list[str]:
    return [event.kind for event in events("rollout:orders-v3", newest_first=False)]


def test_a_halt_asks_level_1_then_2_then_3_as_the_clock_moves() -> None:
    ruth, kofi, ines = f.person("Ruth Adeyemi"), f.person("Kofi Mensah"), f.person("Ines Duarte")
    f.policy(
        ["person ruth@fernhill.example"], ["person kofi@fernhill.example"], ["person ines@fernhill.example"]
    )
    f.halt(f.rollout())
    run = f.the_run()
    assert (run.state, run.level, run.cycle) == ("active", 1, 0)
    assert run.due_at is not None
    assert timedelta(seconds=299) < run.due_at - database_now() <= timedelta(seconds=300)
    for pk in services.due(database_now(), 10):
        services.advance(pk)
    run.refresh_from_db()
    assert run.level == 1, "the wait is not over"
    f.pass_wait(run)
    assert run.level == 2
    f.pass_wait(run)
    assert run.level == 3
    f.pass_wait(run)
    assert f.the_run().due_at is None
    assert run.state == "exhausted"
    asked = [step.reached[0]["id"] for step in run.steps.order_by("pk")]
    assert asked == [str(ruth.pk), str(kofi.pk), str(ines.pk)]
    assert kinds(run) == [
        "rollout.halted", "escalation.started", "escalation.level", "escalation.level", "escalation.level",
        "escalation.exhausted",
    ]  # fmt: skip


def test_what_happened_says_what_the_gate_found() -> None:
    f.halt(f.rollout())
    assert "31 of 420 requests failed" in f.the_run().what


def test_a_level_that_reaches_nobody_goes_on_at_once_and_says_so() -> None:
    f.person("Kofi Mensah")
    f.person("Gone Away", is_active=False)
    f.policy(["person gone@fernhill.example", "on-call orders"], ["person kofi@fernhill.example"])
    f.halt(f.rollout())
    run = f.the_run()
    assert (run.state, run.level) == ("active", 2)
    said = [e.content["sentence"] for e in events("rollout:orders-v3") if e.kind == "escalation.level"]
    assert said[-1].startswith("Level 1 reaches nobody (Gone Away, on call for Orders)")
    assert said[0] == "Level 2 asked: Kofi Mensah."


def test_a_policy_that_reaches_nobody_ends_at_once_and_is_not_walked_round() -> None:
    f.policy(["person nobody@fernhill.example"], ["on-call orders"], repeat=5)
    f.halt(f.rollout())
    run = f.the_run()
    assert run.state == "exhausted"
    assert run.steps.count() == 2


def test_it_begins_again_as_often_as_the_policy_says() -> None:
    f.person("Ruth Adeyemi")
    f.policy(["person ruth@fernhill.example"], ["#orders"], repeat=1)
    f.halt(f.rollout())
    run = f.the_run()
    seen = []
    while run.state == "active":
        seen.append((run.cycle, run.level))
        f.pass_wait(run)
    assert seen == [(0, 1), (0, 2), (1, 1), (1, 2)]


def test_people_are_resolved_when_they_are_asked_but_the_policy_stays_as_it_was() -> None:
    ruth, kofi = f.person("Ruth Adeyemi"), f.person("Kofi Mensah")
    orders = f.team(on_call=ruth)
    f.policy(["#orders"], ["on-call orders"])
    f.halt(f.rollout())
    run = f.the_run()
    f.policy(["#elsewhere"])
    orders.on_call = kofi
    orders.save()
    f.pass_wait(run)
    assert run.steps.get(level=2).names == ["Kofi Mensah"]


def test_without_a_policy_the_built_in_ladder_asks_the_people_on_call() -> None:
    ruth = f.person("Ruth Adeyemi")
    f.team(on_call=ruth)
    f.halt(f.rollout())
    run = f.the_run()
    assert run.policy["slug"] == ""
    assert run.steps.get().names == ["Ruth Adeyemi"]


def test_a_cover_of_the_most_critical_service_chooses_the_policy() -> None:
    f.policy(["#team"], slug="by-team")
    chosen = f.policy(["#tier-1"], slug="by-service", of="platform")
    made = f.rollout()
    chosen.covers.create(service=f.service())
    f.halt(made)
    assert f.the_run().policy["slug"] == "by-service"


@pytest.mark.parametrize(
    "kind", ["rollout.resumed", "rollout.rolled_back", "rollout.closed", "rollout.completed"]
)
def test_it_ends_when_what_it_was_about_is_over(kind: str) -> None:
    made = f.rollout()
    f.policy(["#orders"])
    f.halt(made)
    f.happen(made, kind, moved=f.moved(ends_escalation=True))
    run = f.the_run()
    assert (run.state, run.due_at) == ("ended", None)
    f.pass_wait(run)
    assert run.level == 1


def test_the_end_beats_an_answer() -> None:
    made, ruth = f.rollout(), f.person(role="viewer")
    f.halt(made)
    f.happen(made, "rollout.rolled_back", moved=f.moved(ends_escalation=True))
    with pytest.raises(Refused) as refused:
        services.acknowledge(run=f.the_run().pk, actor=ruth.actor, face=Face.PAGE)
    assert refused.value.code == "ended"
    assert f.the_run().acknowledged_at is None


def test_a_second_look_at_the_same_event_starts_nothing_more() -> None:
    from rollouts.escalations import following

    event = f.halt(f.rollout())
    following.follow(event)
    assert Run.objects.count() == 1


def test_a_rollback_that_fails_again_asks_again_after_an_answer() -> None:
    made, ruth = f.rollout(), f.person(role="viewer")
    f.policy(["#orders"])
    failed = f.moved(rollout="rollback_failed", starts_escalation="rollback_failed")
    f.happen(made, "rollout.rollback_failed", moved=failed)
    services.acknowledge(run=f.the_run().pk, actor=ruth.actor, face=Face.PAGE)
    f.happen(made, "rollout.rollback_failed", moved=failed)
    assert list(Run.objects.order_by("pk").values_list("state", flat=True)) == ["ended", "active"]


def test_while_people_are_asked_the_same_cause_asks_nobody_twice() -> None:
    made = f.rollout()
    f.policy(["#orders"])
    for _ in range(2):
        f.happen(made, "rollout.overdue", moved=f.moved(starts_escalation="overdue_stage"))
    assert f.the_run().level == 1


def test_a_decision_ends_the_wait_for_a_decision_and_leaves_the_halt_alone() -> None:
    made = f.rollout()
    f.policy(["#orders"])
    f.happen(made, "rollout.approval_expired", moved=f.moved(starts_escalation="overdue_decision"))
    f.halt(made)
    f.happen(made, "rollout.approval_requested")
    assert set(Run.objects.values_list("cause", "state")) == {
        ("overdue_decision", "ended"),
        ("halt", "active"),
    }


def test_a_halt_takes_over_from_an_overdue_stage() -> None:
    made = f.rollout()
    f.policy(["#orders"])
    f.happen(made, "rollout.overdue", moved=f.moved(starts_escalation="overdue_stage"))
    f.halt(made)
    assert set(Run.objects.values_list("cause", "state")) == {("overdue_stage", "ended"), ("halt", "active")}


def test_who_rolls_back_has_answered() -> None:
    made, ruth = f.rollout(), f.person(role="approver")
    f.policy(["#orders"])
    f.halt(made)
    f.happen(made, "rollout.rolling_back", actor=ruth.actor, face=Face.SLACK)
    run = f.the_run()
    assert (run.state, run.acknowledged_name) == ("acknowledged", "Ruth Adeyemi")
