"""Simultaneous decisions on real PostgreSQL, 100 rounds each, with callers on connections of their own.

`make races` runs this file alone. Only the first rollout of a test is walked to where the race begins; its
copies (tests/decisions/copies.py) begin there, so that the time goes into the races.
"""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from rollouts.accounts import services as accounts
from rollouts.accounts.models import Membership
from rollouts.accounts.values import Role
from rollouts.approvals.models import Vote
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.audit.verify import verify
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action, Command, Refused
from rollouts.plans.models import Rollout
from tests.decisions import factories as make
from tests.decisions.copies import copies
from tests.decisions.factories import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ROUNDS = int(os.environ.get("GATEHOUSE_RACE_ROUNDS", "100"))

Call = Callable[[], Any]


def ready(there: World, name: str, *, quorum: int = 1) -> list[str]:
    """As many rollouts as rounds whose first stage is ready: one made through the door, and its copies."""
    row = make.ready(there, name, quorum=quorum)
    rows = [row, *copies(row, [f"{name}-{n}" for n in range(1, ROUNDS)])]
    for each in rows:
        make.alone(there, each)
    return [each.slug for each in rows]


@pytest.fixture
def callers(transactional_db: None) -> Iterator[ThreadPoolExecutor]:
    """Threads that keep their own connections over the rounds."""
    with ThreadPoolExecutor(2, thread_name_prefix="caller") as pool:
        yield pool
        at_once(pool, lambda: connection.close(), lambda: connection.close())


def at_once(pool: ThreadPoolExecutor, *calls: Call) -> list[Any]:
    """Runs the calls in the same instant; an answer, or the refusal, of each."""
    barrier = threading.Barrier(len(calls))

    def run(call: Call) -> Any:
        barrier.wait(10)
        try:
            return call()
        except Refused as refused:
            return refused

    return [done.result() for done in [pool.submit(run, call) for call in calls]]


def deciding(there: World, who: str, action: Action, slug: str, face: Face = Face.PAGE, **more: Any) -> Call:
    actor = getattr(there, who).actor
    return lambda: services.decide(
        rollout=slug, command=Command(action=action, **more), actor=actor, face=face
    )


def refusals(answers: list[Any]) -> list[str]:
    return [answer.code for answer in answers if isinstance(answer, Refused)]


def count(slug: str, kind: str) -> int:
    return Event.objects.filter(stream=f"rollout:{slug}", kind=kind).count()


def test_two_approvers_in_the_same_instant_make_one_promotion(callers: ThreadPoolExecutor) -> None:
    there = make.world()
    for slug in ready(there, "both"):
        answers = at_once(
            callers,
            deciding(there, "priya", Action.APPROVE_AND_PROMOTE, slug, stage=2),
            deciding(there, "jonas", Action.APPROVE_AND_PROMOTE, slug, Face.API, stage=2),
        )
        assert len(refusals(answers)) == 1, answers
        assert count(slug, "rollout.promoted") == 1
        row = Rollout.objects.get(slug=slug)
        assert (row.stage, row.granted_stage) == (2, 2)
    assert verify().faults == []


def test_one_person_on_two_faces_is_one_vote(callers: ThreadPoolExecutor) -> None:
    there = make.world()
    for slug in ready(there, "faces", quorum=2):
        answers = at_once(
            callers,
            deciding(there, "priya", Action.APPROVE, slug, Face.PAGE, stage=2),
            deciding(there, "priya", Action.APPROVE, slug, Face.SLACK, stage=2),
        )
        assert refusals(answers) == ["voted"], answers
        assert Vote.objects.filter(request__rollout__slug=slug, request__stage=2).count() == 1
        assert count(slug, "rollout.voted") == 1
    assert verify().faults == []


def test_halt_and_promote_together_end_halted_and_both_are_logged(callers: ThreadPoolExecutor) -> None:
    there = make.world()
    promoted_first = 0
    for slug in ready(there, "halt"):
        answers = at_once(
            callers,
            deciding(there, "tomas", Action.HALT, slug),
            deciding(there, "priya", Action.APPROVE_AND_PROMOTE, slug, stage=2),
        )
        row = Rollout.objects.get(slug=slug)
        assert row.state == "halted", answers
        assert count(slug, "rollout.halted") == 1
        # The promotion was before the halt, and is in the log, or refused for its state.
        promotions = count(slug, "rollout.promoted")
        assert promotions + len(refusals(answers)) == 1, answers
        promoted_first += promotions
        if promotions:
            assert row.granted_stage == 1  # on_halt: previous
    assert verify().faults == []


def test_a_right_removed_in_the_same_instant_is_whole_or_gone(callers: ThreadPoolExecutor) -> None:
    there = make.world()
    there.tomas.is_staff = True
    there.tomas.save()
    for slug in ready(there, "right", quorum=2):
        Membership.objects.get_or_create(team=there.owners, person=there.jonas, role="approver")

        def remove() -> None:
            accounts.take_role(
                team=there.owners, person=there.jonas, role=Role.APPROVER, by=there.tomas, face=Face.PAGE
            )

        answers = at_once(callers, deciding(there, "jonas", Action.APPROVE, slug, stage=2), remove)
        votes = Vote.objects.filter(
            request__rollout__slug=slug, request__stage=2, voided_at__isnull=True
        ).count()
        assert votes + len(refusals(answers)) == 1, answers
        after = at_once(callers, deciding(there, "jonas", Action.REJECT, slug, stage=2, reason="no"))
        assert refusals(after) == ["forbidden"], after


def test_one_key_sent_twice_at_once_decides_once(callers: ThreadPoolExecutor) -> None:
    there = make.world()
    for slug in ready(there, "key"):

        def hold(slug: str = slug) -> Any:
            return services.decide(
                rollout=slug, command=Command(Action.HOLD), actor=there.jonas.actor, face=Face.API, key=slug
            )

        one, other = at_once(callers, hold, hold)
        assert one.event.id == other.event.id
        assert {one.repeated, other.repeated} == {True, False}
        assert count(slug, "rollout.held") == 1
