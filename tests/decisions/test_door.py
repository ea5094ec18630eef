"""The door: locked, checked after the lock, written with its event, in one transaction."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rollouts.accounts.models import Membership
from rollouts.approvals.models import Delegation
from rollouts.audit.models import Event
from rollouts.audit.services import KeyReused, door
from rollouts.audit.values import Face
from rollouts.audit.verify import verify
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action, Refused
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages.models import Publication
from tests.decisions import factories as make
from tests.decisions.factories import decide

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(slug: str = "orders-v3") -> list[str]:
    return list(Event.objects.of(f"rollout:{slug}").values_list("kind", flat=True))


def test_a_rollout_goes_from_plan_file_to_completed() -> None:
    there = make.world()
    row = make.ready(there)
    assert row.granted == {"orders": {"percent": 10}}
    decide(there.priya, Action.APPROVE_AND_PROMOTE, stage=2)
    services.do_duties(rollout_id=row.pk)
    decide(there.jonas, Action.PROMOTE, stage=3)
    services.do_duties(rollout_id=row.pk)
    decided = decide(there.mina, Action.COMPLETE)
    row = decided.rollout
    assert row.state == "completed"
    assert row.granted == {"orders": {"percent": 100}}
    assert row.review_cause == "completion"
    assert kinds()[:4] == [
        "rollout.revision_saved", "rollout.proposed", "rollout.approved", "rollout.started"
    ]  # fmt: skip
    assert kinds()[-1] == "rollout.completed"
    assert verify().faults == []


def test_the_author_cannot_approve_and_nothing_changes() -> None:
    there = make.world()
    make.rollout(there)
    decide(there.mina, Action.PROPOSE)
    before = kinds()
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.APPROVE)
    assert refused.value.code == "conflict"
    assert kinds() == before
    assert Rollout.objects.get().state == "proposed"


def test_a_right_removed_between_page_load_and_click_is_refused() -> None:
    there = make.world()
    make.ready(there)
    _, seen = services.look(rollout="orders-v3", person=there.priya.actor)
    assert "approver" in {right.value for right in seen.rights}
    Membership.objects.filter(person=there.priya).delete()
    with pytest.raises(Refused) as refused:
        decide(there.priya, Action.APPROVE, stage=2)
    assert refused.value.code == "forbidden"


def test_the_rights_of_whom_a_delegate_votes_for_are_held_too() -> None:
    """What is taken from the delegator in the same instant is whole or gone, as what the voter has is."""
    there = make.world()
    make.rollout(there)
    decide(there.mina, Action.PROPOSE)
    now = database_now()
    Delegation.objects.create(
        delegator=there.priya, delegate=there.tomas, starts_at=now, ends_at=now + timedelta(days=1)
    )
    with CaptureQueriesContext(connection) as asked:
        decide(there.tomas, Action.APPROVE, on_behalf_of=str(there.priya.pk))
    held = [each["sql"] for each in asked if "FOR SHARE" in each["sql"]]
    whose = sorted((there.priya.pk, there.tomas.pk))
    assert len(held) == 2
    assert all(f"person_id = {pk} " in sql for pk, sql in zip(whose, held, strict=True)), held
    assert Rollout.objects.get().state == "approved"


def test_halt_applies_on_halt_and_a_rollback_takes_everything_back() -> None:
    there = make.world()
    row = make.ready(there)
    halted = decide(there.jonas, Action.HALT, reason="looks wrong").rollout
    assert (halted.state, halted.granted) == ("halted", {})
    assert halted.stages.get(number=1).state == "halted"
    back = decide(there.priya, Action.ROLL_BACK).rollout
    assert back.state == "rolling_back"
    done = decide(
        there.priya, Action.CONFIRM_ROLLED_BACK, unmeasured=True, reason="checked the router"
    ).rollout
    assert done.state == "rolled_back"
    assert row.pk == done.pk


def test_a_halted_stage_resumes_with_its_exposure_and_a_new_bake() -> None:
    there = make.world()
    row = make.ready(there)
    decide(there.jonas, Action.HALT)
    resumed = decide(there.priya, Action.RESUME).rollout
    assert (resumed.state, resumed.granted) == ("running", {"orders": {"percent": 10}})
    stage = row.stages.get(number=1)
    assert stage.state == "baking"
    assert stage.bake_started_at == resumed.granted_at


def test_the_same_key_decides_once() -> None:
    there = make.world()
    make.ready(there)
    first = decide(there.jonas, Action.HOLD, key="k1")
    again = decide(there.jonas, Action.HOLD, key="k1")
    assert again.repeated
    assert again.event.id == first.event.id
    assert kinds().count("rollout.held") == 1
    with pytest.raises(KeyReused):
        decide(there.jonas, Action.HALT, key="k1")


def test_proposing_again_voids_votes_and_the_plan_in_force_keeps_governing() -> None:
    there = make.world()
    row = make.ready(there, quorum=2)
    decide(there.priya, Action.APPROVE, stage=2)
    changed = make.plan_text(quorum=1).replace("percent: 50", "percent: 40")
    services.save_plan(
        rollout="orders-v3", draft=make.draft(there, changed), actor=there.mina.actor, face=Face.PAGE
    )
    assert row.stages.get(number=2).exposure == {"percent": 50}
    decide(there.mina, Action.PROPOSE)
    with pytest.raises(Refused) as refused:
        decide(there.jonas, Action.PROMOTE, stage=2)
    assert refused.value.code == "proposed"
    decide(there.jonas, Action.APPROVE, revision=2)
    row.refresh_from_db()
    assert row.in_force is not None
    assert row.in_force.number == 2
    assert row.stages.get(number=2).exposure == {"percent": 40}
    assert row.stages.get(number=1).state == "ready"


def test_a_skipped_stage_grants_nothing_and_opens_a_review() -> None:
    there = make.world()
    make.ready(there)
    skipped = decide(
        there.tomas, Action.SKIP, stage=2, reason="already proven elsewhere", override=("approval-half",)
    ).rollout
    assert skipped.review_cause == "override"
    row = decide(there.jonas, Action.PROMOTE, stage=3).rollout
    assert row.granted == {"orders": {"percent": 100}}


def test_who_refers_to_a_rollout_does_not_wait_for_a_decision_on_it() -> None:
    """They may hold the log that the decision waits for."""
    there = make.world()
    row = make.rollout(there)
    failed: list[Exception] = []

    def refer() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '3s'")
                Publication.objects.create(rollout=row)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told below
            failed.append(error)
        finally:
            connection.close()

    with door(lambda: Rollout.objects.locked().get(pk=row.pk)):
        thread = threading.Thread(target=refer)
        thread.start()
        thread.join()
    assert failed == []
