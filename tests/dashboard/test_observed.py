"""Observing gates: a rollout that binds nobody, what pages and API say it would have done, and the sums."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rollouts.audit.values import Face
from rollouts.dashboard.parts import observed
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.gates import queries as gates
from rollouts.gates.models import Backtest, Gate, Verdict
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.reviews import services as reviews
from rollouts.reviews import state
from tests.accounts.factories import person
from tests.dashboard.test_gate_page import part
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions import factories as make
from tests.decisions.test_timers import ERRORS

pytestmark = pytest.mark.django_db
OBSERVING = ERRORS.replace("kind: metric", "kind: metric\n    observe: true")


def running(slug: str, *, whole: bool = False) -> Rollout:
    """A rollout in its first stage whose gate observes, by itself or because the whole plan does."""
    text = make.plan_text(slug, gates=ERRORS if whole else OBSERVING, exit_="errors")
    if whole:
        text = text.replace("rationale:", "observe: true\nrationale:")
    return make.running(make.world(), slug, source=text)


def says(row: Rollout, word: str, *, stage: int = 1) -> Gate:
    """The gate's word turned now."""
    gate = Gate.objects.get(rollout=row, name="errors", stage__number=stage)
    now = database_now()
    Gate.objects.filter(pk=gate.pk).update(
        verdict=word, sentence=f"It is {word}.", judged_at=now, changed_at=now
    )
    Verdict.objects.create(gate=gate, at=now, word=word, sentence=f"It is {word}.")
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    return gate


def halted(row: Rollout) -> None:
    make.decide(make.world().priya, Action.HALT, row.slug, reason="Customers call")


def finished(row: Rollout) -> None:
    """Every stage is left well."""
    there = make.world()
    for number in (1, 2, 3):
        row.stages.filter(number=number).update(bake_ends_at=database_now() - timedelta(seconds=1))
        services.do_duties(rollout_id=row.pk)
        if number == 1:
            make.decide(there.priya, Action.APPROVE, row.slug, stage=2)
        if number < 3:
            make.decide(there.priya, Action.PROMOTE, row.slug, stage=number + 1)
    make.decide(there.mina, Action.COMPLETE, row.slug)


def answer(path: str) -> Any:
    found = signed_in(make.world().mina).get(f"/api/v1/{path}")
    assert found.status_code == 200, found.content
    return found.json()


def test_a_rollout_that_only_observes_is_stopped_by_no_gate_and_says_what_it_would_have_done() -> None:
    row = running("orders-watched", whole=True)
    gate = says(row, "fail")
    assert gate.observe
    assert row.state == "running"
    page = signed_in(make.world().mina).get(row.get_absolute_url()).content.decode()
    assert "Only observes: its gates bind nobody" in page
    assert "It would halt the rollout now." in page
    assert "The whole rollout only observes: it would have been stopped at" in page
    assert "Would have halted stage 1" in page
    halted(row)
    told = answer("rollouts/orders-watched/observed/")
    assert told["tally"]["sentence"] == "Would have stopped 1 time, right in 1, wrong in 0."
    assert [(each["did"], each["went"], each["right"]) for each in told["occasions"]] == [
        ("stop", "badly", True)
    ]
    assert told["groups"][0]["title"] == "Rollouts that only observe"


def test_a_revision_that_binds_leaves_the_stage_under_way_as_it_is() -> None:
    row, there = running("orders-watched", whole=True), make.world()
    text = make.plan_text("orders-watched", gates=ERRORS, exit_="errors")
    services.save_plan(
        rollout=row.slug, draft=make.draft(there, text), actor=there.mina.actor, face=Face.COMMAND
    )
    make.decide(there.mina, Action.PROPOSE, row.slug)
    make.decide(there.priya, Action.APPROVE, row.slug)
    rows = Gate.objects.present().filter(rollout=row, name="errors").order_by("stage__number")
    assert [gate.observe for gate in rows] == [True, False]
    says(row, "fail")
    assert row.state == "running"
    page = signed_in(there.mina).get(row.get_absolute_url()).content.decode()
    assert "Only observes: its gates bind nobody" not in page


def test_the_sum_over_rollouts_stands_on_gate_and_service_and_in_the_api() -> None:
    # Who came first goes on where several hold one service.
    wrong, right, missed = (running(f"orders-{name}") for name in ("wrong", "right", "missed"))
    says(right, "fail")
    halted(right)
    says(wrong, "fail")
    says(wrong, "pass")
    finished(wrong)
    gate = says(missed, "pass")
    halted(missed)
    words = "Would have stopped 2 times, right in 1, wrong in 1. Let through 1 time, right in 0, wrong in 1."
    told = answer(f"gates/{gate.pk}/observed/")
    # The second stage of the one that went well has a gate too, which never said a word.
    assert told["tally"]["sentence"] == f"{words} Undecided 1 time."
    assert answer("services/orders/observed/")["tally"] == told["tally"]
    client = signed_in(make.world().mina)
    page = client.get(f"{missed.get_absolute_url()}gates/{gate.pk}/").content.decode()
    assert words in part(page, "observed")
    assert words in part(client.get("/services/orders/").content.decode(), "service_observing")


def test_a_review_has_the_last_word_on_harm() -> None:
    row = running("orders-right")
    says(row, "fail")
    halted(row)
    with transaction.atomic():
        review = state.open_review(row, "halt", now=database_now())
    mina = make.world().mina
    assert "It did harm" in signed_in(mina).get(review.get_absolute_url()).content.decode()
    reviews.say_harm(review=row.slug, harmful=False, actor=mina.actor, face=Face.PAGE)
    (only,) = gates.observed([row.pk])
    assert only.occasion.right is False


def test_the_back_test_of_a_plan_says_how_its_gates_did_while_they_observed() -> None:
    row = running("orders-right")
    says(row, "fail")
    halted(row)
    report = {"gate": "errors", "title": "Errors", "sound": None, "sentence": "No data.", "judge": "limit"}
    now = database_now()
    Backtest.objects.create(
        revision=row.revisions.get(), asked_by="Mina", asked_at=now, due_at=now, done_at=now, gates=1,
        reports=[{**report, "stage": 1, "stage_title": "Canary", "service": "orders"}],
    )  # fmt: skip
    page = signed_in(make.world().mina).get(f"{row.get_absolute_url()}backtest/").content.decode()
    said = "While gates of this name only observed: Would have stopped 1 time, right in 1, wrong in 0."
    assert said in " ".join(page.split())


def test_private_rollouts_are_counted_for_those_who_see_them_only() -> None:
    row = running("orders-right")
    gate = says(row, "fail")
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    stranger = person("zoe@example.test")
    assert observed.alike(stranger, gate) == []
    assert signed_in(stranger).get("/api/v1/services/orders/observed/").json()["occasions"] == []


def test_more_rollouts_ask_no_more_queries() -> None:
    rows = [running(f"orders-{number}") for number in range(3)]
    for row in rows:
        says(row, "fail")

    def queries(some: list[Rollout]) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(observed.added(gates.observed([each.pk for each in some]))) == 1
        return len(asked)

    assert queries(rows[:1]) == queries(rows)
