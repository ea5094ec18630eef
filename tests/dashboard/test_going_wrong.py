"""A rollback that fails, and approvals that expire or are turned down: what the owner sees and can do."""

from datetime import timedelta

import pytest

from rollouts.approvals.models import Request
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.lib.clock import database_now
from rollouts.lib.inbox import items_for
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.dashboard.test_deciding import links, state, through
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, decide, ready, running, world

pytestmark = pytest.mark.django_db
PAGE = "/rollouts/orders-v3/"


@pytest.fixture
def there() -> World:
    return world()


def failed(there: World) -> Rollout:
    """A rollout whose rollback has not read 0 by twice the time that its plan expects."""
    row = running(there)
    decide(there.priya, Action.HALT)
    decide(there.priya, Action.ROLL_BACK)
    begun = database_now() - timedelta(minutes=3)
    Rollout.objects.filter(pk=row.pk).update(
        rolling_back_at=begun, rollback_due_at=begun + timedelta(minutes=2)
    )
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    assert row.state == "rollback_failed"
    return row


def test_owner_sees_that_the_rollback_failed_why_and_both_ways_on(there: World) -> None:
    failed(there)
    text = signed_in(there.mina).get(PAGE).content.decode()
    for part in (
        "The rollback has not reached 0 % in its time.",
        "A person has to look at it.",
        "exposure does not read 0 in time",
        "Try the rollback again?",
        "Gates as they last stood",
    ):
        assert part in text, part
    assert {"roll_back", "close"} <= set(links(there.mina))
    assert not {"resume", "promote", "approve", "halt"} & set(links(there.mina))
    first = items_for(there.mina, database_now())[0]
    assert (first.title, first.urgency) == ("The rollback of Orders v3 failed", 1)


def test_rollback_is_tried_again_and_confirmed(there: World) -> None:
    failed(there)
    assert through(there.priya, "roll_back", reason="The flag is off by hand now.").status_code == 302
    assert state() == "rolling_back"
    assert (Rollout.objects.get().rollback_due_at or database_now()) > database_now()
    assert through(there.priya, "confirm_rolled_back", reason="Nobody calls it.").status_code == 302
    assert state() == "rolled_back"


def test_rollback_that_failed_is_closed_with_what_remains(there: World) -> None:
    failed(there)
    assert through(there.mina, "close", reason="Kept.", remaining="Two partners.").status_code == 302
    assert "Two partners." in signed_in(there.mina).get(PAGE).content.decode()


def test_person_says_that_the_rollback_failed(there: World) -> None:
    running(there)
    decide(there.priya, Action.HALT)
    decide(there.priya, Action.ROLL_BACK)
    assert "rollback_failed" in links(there.priya)
    assert through(there.priya, "rollback_failed", reason="Half of it is stuck.").status_code == 302
    assert state() == "rollback_failed"
    assert "Half of it is stuck." in signed_in(there.mina).get(PAGE).content.decode()


def test_outsider_reads_who_can_try_again_and_cannot(there: World) -> None:
    failed(there)
    eve = person("eve@example.test")
    assert not links(eve)
    assert "You can read this rollout, not decide on it." in signed_in(eve).get(PAGE).content.decode()
    assert signed_in(eve).post(f"{PAGE}decide/roll_back/", {"key": "k"}).status_code == 409
    assert state() == "rollback_failed"


def test_planner_asks_again_after_a_stage_was_turned_down(there: World) -> None:
    ready(there)
    decide(there.priya, Action.REJECT, stage=2, reason="Not on a Friday.")
    text = signed_in(there.mina).get(PAGE).content.decode()
    assert "Rejected by Priya; one rejection blocks." in text
    assert "Not on a Friday." in text
    assert "ask_again" in links(there.mina)
    assert "ask_again" not in links(there.priya)
    assert through(there.mina, "ask_again").status_code == 302
    assert Request.objects.open().get(stage=2).votes.count() == 0
    assert "approve_and_promote" in links(there.priya)
    assert any("approve stage 2" in each.title for each in items_for(there.priya, database_now()))


def test_planner_asks_again_after_a_request_expired(there: World) -> None:
    row = ready(there)
    asked = Request.objects.open().get(stage=2)
    past = database_now() - timedelta(hours=2)
    policy = {**asked.policy, "expires_after_s": 3600}
    Request.objects.filter(pk=asked.pk).update(
        opened_at=past, expires_at=past + timedelta(hours=1), policy=policy
    )
    services.do_duties(rollout_id=row.pk)
    asked.refresh_from_db()
    assert asked.outcome == "expired"
    text = signed_in(there.mina).get(PAGE).content.decode()
    assert "“Approved” was not decided in time. Expired with 0 of 1 approved." in text
    assert "ask_again" in links(there.mina)
    assert not any("approve stage 2" in each.title for each in items_for(there.priya, database_now()))
    assert through(there.mina, "ask_again").status_code == 302
    assert Request.objects.open().filter(stage=2).count() == 1
    assert "approve_and_promote" in links(there.priya)
