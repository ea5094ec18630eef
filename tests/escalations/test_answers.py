"""Acknowledging: who may, once, and against the clock."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection

from rollouts.accounts.models import Person
from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.escalations import services
from rollouts.escalations.models import Run
from rollouts.escalations.services import Refused
from rollouts.lib.clock import database_now
from tests.escalations import factories as f


@pytest.mark.django_db
def test_an_answer_stops_the_ladder_and_is_logged_with_its_note() -> None:
    f.policy(["#orders"], ["#platform"])
    f.halt(f.rollout())
    run, ruth = f.the_run(), f.person(role="viewer")
    event = services.acknowledge(run=run.pk, actor=ruth.actor, face=Face.SLACK, note="Looking.")
    run.refresh_from_db()
    assert (run.state, run.due_at, run.acknowledged_by, run.note) == ("acknowledged", None, ruth, "Looking.")
    assert (event.kind, event.face, event.content["reason"]) == (
        "escalation.acknowledged",
        "slack",
        "Looking.",
    )
    f.pass_wait(run)
    assert run.level == 1


@pytest.mark.django_db
def test_a_second_person_is_told_who_was_first() -> None:
    f.policy(["#orders"])
    f.halt(f.rollout())
    run, ruth, kofi = f.the_run(), f.person(role="viewer"), f.person("Kofi Mensah", role="viewer")
    services.acknowledge(run=run.pk, actor=ruth.actor, face=Face.PAGE)
    with pytest.raises(Refused, match="Ruth Adeyemi acknowledged E-"):
        services.acknowledge(run=run.pk, actor=kofi.actor, face=Face.PAGE)
    assert Event.objects.filter(kind="escalation.acknowledged").count() == 1


@pytest.mark.django_db
def test_the_same_key_gives_the_same_answer() -> None:
    f.policy(["#orders"])
    f.halt(f.rollout())
    run, ruth = f.the_run(), f.person(role="viewer")
    first = services.acknowledge(run=run.pk, actor=ruth.actor, face=Face.API, key="k1")
    again = services.acknowledge(run=run.pk, actor=ruth.actor, face=Face.API, key="k1")
    assert first.id == again.id


@pytest.mark.django_db
def test_who_may_answer() -> None:
    f.policy(["person asked@fernhill.example"], ["role approver of platform"])
    f.halt(f.rollout())
    run = f.the_run()
    allowed = [
        f.person("Member", role="viewer"),
        f.person("Staff", is_staff=True),
        f.person("Later", role="approver", of="platform"),
    ]
    on_call = f.person("Oncall")
    f.team().on_call = on_call
    team = f.team()
    team.on_call = on_call
    team.save()
    for person in [*allowed, on_call]:
        services.acknowledge(run=run.pk, actor=person.actor, face=Face.PAGE)
        Run.objects.filter(pk=run.pk).update(state="active", due_at=database_now())
    stranger = f.person("Stranger", role="admin", of="elsewhere")
    for actor, code in ((stranger.actor, "forbidden"), (SYSTEM, "no_person")):
        with pytest.raises(Refused) as refused:
            services.acknowledge(run=run.pk, actor=actor, face=Face.PAGE)
        assert refused.value.code == code


@pytest.mark.django_db
def test_an_answer_in_the_very_instant_comes_first_and_one_after_it_answers_the_next_level() -> None:
    f.policy(["#orders"], ["#platform"])
    f.halt(f.rollout())
    run = f.the_run()
    now = database_now()
    Run.objects.filter(pk=run.pk).update(due_at=now)
    assert services.due(now, 10) == [], "in the instant itself nothing is due"
    assert services.due(now + timedelta(microseconds=1), 10) == [run.pk]
    ruth = f.person(role="viewer")
    services.acknowledge(run=run.pk, actor=ruth.actor, face=Face.PAGE)
    services.advance(run.pk)
    run.refresh_from_db()
    assert (run.state, run.level) == ("acknowledged", 1)


@pytest.mark.django_db
def test_calling_the_next_level_does_not_wait_and_two_who_call_at_once_call_one() -> None:
    f.policy(["#one"], ["#two"], ["#three"])
    f.halt(f.rollout())
    run, ruth = f.the_run(), f.person(role="viewer")
    services.call_next(run=run.pk, level=1, actor=ruth.actor, face=Face.PAGE, note="I cannot take it.")
    with pytest.raises(Refused, match="Level 2 of E-"):
        services.call_next(run=run.pk, level=1, actor=ruth.actor, face=Face.PAGE)
    run.refresh_from_db()
    assert run.level == 2


def _answers(run: int, people: list[Person], barrier: Barrier) -> list[str]:
    def answer(person: Person | None) -> str:
        try:
            barrier.wait()
            if person is None:
                services.advance(run)
                return "clock"
            services.acknowledge(run=run, actor=person.actor, face=Face.PAGE)
            return "answered"
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(barrier.parties) as pool:
        return list(pool.map(answer, [*people, None]))


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_against_the_clock_one_counts_and_nobody_is_asked_afterwards() -> None:
    f.policy(["#one"], ["#two"])
    made = f.rollout()
    people = [f.person("Ruth Adeyemi", role="viewer"), f.person("Kofi Mensah", role="viewer")]
    for turn in range(20):
        Run.objects.all().delete()
        f.halt(made)
        run = f.the_run()
        Run.objects.filter(pk=run.pk).update(due_at=database_now() - timedelta(seconds=1))
        said = _answers(run.pk, people, Barrier(3))
        assert sorted(said[:2]) == ["already_acknowledged", "answered"], f"turn {turn}"
        run.refresh_from_db()
        assert run.state == "acknowledged"
        services.advance(run.pk)
        kinds = list(
            Event.objects.filter(stream=made.stream, kind__startswith="escalation.")
            .order_by("-seq")
            .values_list("kind", flat=True)[:1]
        )
        assert kinds == ["escalation.acknowledged"], "nothing is asked after the answer"


@pytest.mark.django_db(transaction=True)
def test_two_tickers_ask_a_level_once() -> None:
    f.policy(["#one"], ["#two"], ["#three"])
    f.halt(f.rollout())
    run = f.the_run()
    Run.objects.filter(pk=run.pk).update(due_at=database_now() - timedelta(seconds=1))
    barrier = Barrier(2)

    def look(_: int) -> None:
        try:
            barrier.wait()
            services.advance(run.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(look, range(2)))
    assert list(run.steps.order_by("pk").values_list("level", flat=True)) == [1, 2]
