"""The kind `contract`: the two questions as gates of a plan."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rollouts.audit.services import due_followups, run_followup
from rollouts.contracts.models import Consumer
from rollouts.gates import queries, services
from rollouts.gates.judging import context_of
from rollouts.gates.kinds.contract import AGAIN, Contract
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.questions import following
from rollouts.gates.questions.judging import judged as from_facts
from rollouts.gates.values import Word
from rollouts.lib.clock import database_now
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.models import Change, Rollout
from tests.accounts.factories import person, team
from tests.contracts.papers import put
from tests.gates.factories import gate, running
from tests.gates.moving import DAY, NAME, SPLIT, Scene, scene
from tests.plans.factories import checked, complaints, with_stage

pytestmark = pytest.mark.django_db
PROMOTE: dict[str, Any] = {
    "name": "readers",
    "title": "Readers of orders are ready",
    "kind": "contract",
    "settings": {"contract": NAME, "version": "3.0.0"},
}
RETIRE: dict[str, Any] = {
    "name": "gone",
    "kind": "contract",
    "settings": {"contract": NAME, "version": "2.4.0", "question": "retire"},
}


def judge(row: Rollout, name: str = "readers") -> Gate:
    with transaction.atomic():
        services.judge(rollout_ids=[row.pk], now=database_now())
    return gate(row, name)


@pytest.fixture
def split() -> Scene:
    """3.0.0 makes an object of the address, of which shipping reads a field."""
    made = scene(SPLIT)
    made.consumer("shipping", "not_ready", "address.line")
    made.promote()
    return made


def test_it_names_the_consumer_and_the_field(split: Scene) -> None:
    found = judge(running(PROMOTE))
    assert found.verdict == Word.FAIL
    assert found.sentence == "3.0.0 breaks shipping (address.line), which is not ready."
    assert found.evidence["todo"] == ["Shipping team: get ready for 3.0.0."]


def test_evidence_opens_it(split: Scene) -> None:
    row = running(PROMOTE)
    Consumer.objects.update(readiness="ready")
    assert judge(row).verdict == Word.PENDING
    split.result("shipping", days=0.01)
    found = judge(row)
    assert (found.verdict, found.warning) == (Word.PASS, False)


def test_a_pass_keeps_the_warning(split: Scene) -> None:
    Consumer.objects.all().delete()
    split.edge("crawler", 5)
    found = judge(running(PROMOTE))
    assert (found.verdict, found.warning) == (Word.PASS, True)
    assert "was seen to call only a little" in found.sentence


def test_nobody_said_is_no_data(split: Scene) -> None:
    Consumer.objects.update(readiness="unknown")
    assert judge(running(PROMOTE)).verdict == Word.NO_DATA


def test_an_undecided_difference_is_inconclusive_and_no_failure(split: Scene) -> None:
    split.contract.used.update(operation="", field="", type="Address")
    found = judge(running(PROMOTE))
    assert found.verdict == Word.INCONCLUSIVE
    assert found.sentence.startswith("Whether 3.0.0 breaks shipping is undecided")


def test_what_is_not_there_is_inconclusive() -> None:
    found = judge(running(PROMOTE))
    assert (found.verdict, found.sentence) == (Word.INCONCLUSIVE, "There is no contract named orders-api.")


def test_expanding_leaves_the_old_version_to_everybody(split: Scene) -> None:
    row = running(PROMOTE)
    Change.objects.filter(rollout=row).update(kind="expand", contract=split.contract)
    assert judge(row).verdict == Word.PASS
    Gate.objects.update(settings={**gate(row, "readers").settings, "old_stays": False})
    assert judge(row).verdict == Word.FAIL


def test_whom_the_stage_does_not_reach_is_left_out(split: Scene) -> None:
    web = split.consumer("web", "ready", "id")
    web.service.used.update(type="Order")
    row = running(PROMOTE)
    row.stages.filter(number=1).update(exposure={"percent": 10, "consumers": ["web"]})
    found = judge(row)
    assert (found.verdict, found.evidence["left_out"]) == (Word.PASS, ["shipping"])


def test_the_last_caller_keeps_the_old_version() -> None:
    made = scene()
    made.consumer("web", "migrated")
    made.ends()
    made.counted()
    row = running(RETIRE)
    assert judge(row, "gone").verdict == Word.PASS
    made.call("2.4.0", 2, caller="web")
    found = judge(row, "gone")
    assert (found.verdict, found.sentence) == (
        Word.FAIL,
        "web made 2 calls on 2.4.0 in the last 14 days.",
    )


def test_another_rollout_that_may_return_keeps_it_and_the_own_does_not() -> None:
    made = scene()
    made.ends()
    made.counted()
    own, other = running(RETIRE), running()
    Change.objects.update(contract=made.contract, contract_from="2.4.0", contract_to="3.0.0")
    assert judge(own, "gone").sentence == f"{other.slug} may still roll back to orders-api 2.4.0."
    Rollout.objects.filter(pk=other.pk).update(visibility="private")
    assert judge(own, "gone").sentence == "a private rollout may still roll back to orders-api 2.4.0."
    Change.objects.filter(rollout=other).update(contract_from="1.0")
    assert judge(own, "gone").verdict == Word.PASS


def test_every_verdict_comes_out_of_its_evidence_again(split: Scene) -> None:
    row = running(PROMOTE, RETIRE)
    for readiness in ("unknown", "not_ready", "testing", "ready", "migrated"):
        Consumer.objects.update(readiness=readiness)
        judge(row)
    verdicts = list(Verdict.objects.filter(gate__rollout=row).order_by("pk"))
    assert len({each.word for each in verdicts}) == 4
    for each in verdicts:
        again = from_facts(each.evidence["facts"])
        assert (again.word, again.sentence, again.warning) == (each.word, each.sentence, each.warning)
    found = gate(row, "readers")
    stored = queries.recomputed(found)
    assert stored is not None
    assert (stored.word, stored.sentence, stored.windows) == (found.verdict, found.sentence, 0)


def test_it_is_due_when_a_result_ends_and_when_calls_are_looked_at(split: Scene) -> None:
    row = running(PROMOTE)
    Consumer.objects.update(readiness="ready")
    result = split.result("shipping", days=13.999)
    found = judge(row)
    now = database_now()
    times = Contract().due_times(found, context_of([row.pk], now))
    assert result.at + 14 * DAY in times
    assert now + AGAIN in times


def test_the_last_call_falls_out_of_the_days() -> None:
    made = scene()
    made.ends()
    made.counted()
    made.call("2.4.0", 2, caller="web")
    found = judge(running(RETIRE), "gone")
    last = min(
        at
        for at in Contract().due_times(found, context_of([found.rollout_id], made.now))
        if at > made.now + DAY
    )
    assert 14 * DAY < last - made.now < 15 * DAY


def test_it_is_looked_at_as_soon_as_a_consumer_says_that_it_is_ready(split: Scene) -> None:
    planner = person("tomas@example.test")
    team("shipping-team", planner=[planner])
    row = running(PROMOTE)
    judge(row)
    Rollout.objects.update(due_at=None)
    put(planner, "consumers/shipping/", readiness="ready")
    for pk in due_followups(database_now(), 100):
        run_followup(pk)
    row.refresh_from_db()
    assert row.due_at is not None
    assert row.due_at <= database_now()


def test_documents_that_nobody_compared_are_compared_beside_the_gate() -> None:
    made = scene(SPLIT)
    made.consumer("shipping", "not_ready", "address.line")
    row = running(PROMOTE)
    found = judge(row)
    assert found.verdict == Word.INCONCLUSIVE
    assert "not compared yet" in found.sentence
    (pk,) = following.due(database_now(), 10)
    following.compare(pk)
    assert judge(row).verdict == Word.FAIL
    assert list(following.due(database_now(), 10)) == []


def test_many_gates_are_judged_with_as_many_queries_as_one(split: Scene) -> None:
    split.ends()
    split.counted()
    first = [running(PROMOTE, RETIRE)]
    counts = []
    for many in (1, 6):
        rows = [*first, *(running(PROMOTE, RETIRE) for _ in range(many - 1))]
        gates = list(Gate.objects.filter(rollout__in=rows).select_related("stage"))
        context = context_of([row.pk for row in rows], database_now())
        with CaptureQueriesContext(
            connection,
        ) as seen:
            Contract().judge(gates, context)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 33


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"contract": "orders-api"}, "version"),
        ({"contract": "orders-api", "version": "3.0.0", "question": "keep"}, "keep"),
        ({"contract": "orders-api", "version": 3}, "3"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], said: str) -> None:
    made = with_stage(gates={"entry": [{"name": "readers", "kind": "contract", "settings": settings}]})
    assert any(said in text for text in complaints(made).values())


def test_names_are_checked_against_the_catalog() -> None:
    known = Facts(contracts=frozenset({NAME}), versions={NAME: frozenset({"2.4.0"})})
    entry = [
        PROMOTE,
        {**RETIRE, "settings": {**RETIRE["settings"], "old_stays": True}},
        {**RETIRE, "name": "other", "settings": {**RETIRE["settings"], "version": "2.4"}},
        {**PROMOTE, "name": "nowhere", "settings": {"contract": "order-api", "version": "1"}},
    ]
    found = checked(with_stage(gates={"entry": entry}), known)
    there = "/stages/0/gates/entry"
    errors = {one.path: one.message for one in found.errors}
    assert errors == {
        f"{there}/2/settings/version": "There is no version of orders-api named 2.4.",
        f"{there}/3/settings/contract": "There is no contract named order-api.",
    }
    warnings = {one.path: one.message for one in found.warnings if one.path.startswith(there)}
    assert warnings == {
        f"{there}/0/settings/version": "There is no version of orders-api named 3.0.0.",
        f"{there}/1/settings/old_stays": (
            "old_stays does nothing when it is asked whether the version can be retired."
        ),
    }
