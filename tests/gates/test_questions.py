"""The two questions asked of the database: the golden examples, and what the answers rest on."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.catalog.models import Service
from rollouts.contracts.models import Compared, Consumer, Contract, Rules
from rollouts.contracts.questions import writing
from rollouts.contracts.questions.facts import read
from rollouts.contracts.questions.values import Asked, Question, Unanswerable, Word
from rollouts.gates.questions.answering import answer, answers
from rollouts.health.models import EdgeAnswer, Window
from rollouts.health.values import contract_series
from tests.gates.moving import ADDS, DAY, NAME, SPLIT, Scene, scene, word
from tests.health.factories import environment, series, source

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready() -> Scene:
    """Example 2: 3.0.0 drops `total`; web is ready, and its tests passed three days ago."""
    made = scene()
    made.consumer("web", "ready")
    made.result()
    return made


def test_example_1_an_optional_field_more_breaks_nobody() -> None:
    made = scene(ADDS)
    made.consumer("web")
    assert word(made.promote()) is Word.YES


def test_example_2_who_is_ready_and_tested_is_not_in_the_way(ready: Scene) -> None:
    assert word(ready.promote()) is Word.YES


def test_example_3_a_result_of_twenty_days_ago_has_expired(ready: Scene) -> None:
    ready.consumer("app", "ready")
    ready.result("app", days=20)
    found = ready.promote()
    assert word(found) is Word.PENDING
    assert "older than 14 days" in found.answer.sentence


def test_example_4_one_that_is_being_tested_is_waited_for(ready: Scene) -> None:
    ready.consumer("app", "testing")
    assert word(ready.promote()) is Word.PENDING


def test_example_5_a_caller_that_nobody_declared_is_no_data(ready: Scene) -> None:
    ready.edge("crawler", 900, ago=DAY)
    found = ready.promote()
    assert word(found) is Word.NO_DATA
    assert found.answer.sentence == "3.0.0 breaks crawler (total), and nobody said how ready it is."


def test_example_6_the_old_version_stays_served_beside_it() -> None:
    made = scene()
    made.consumer("web")
    made.old.state, made.old.sunset_on = "deprecated", (made.now + 30 * DAY).date()
    made.old.save()
    assert word(made.promote()) is Word.YES
    assert word(made.promote(beside=False)) is Word.NO_DATA


def test_example_7_who_migrated_and_still_calls_is_in_the_way(ready: Scene) -> None:
    Consumer.objects.update(readiness="migrated")
    assert word(ready.promote()) is Word.YES
    ready.call("2.4.0", 40, caller="web")
    found = ready.promote()
    assert word(found) is Word.NO
    assert found.answer.sentence == "web migrated, they say, but made 40 calls in the last hour."


@pytest.fixture
def left() -> Scene:
    """Example 8: the last day of 2.4.0 has passed, all migrated, no calls, all of it counted."""
    made = scene()
    made.consumer("web", "migrated")
    made.ends()
    made.counted()
    return made


def test_example_8_a_version_that_nobody_calls_may_go(left: Scene) -> None:
    found = left.retire()
    assert (word(found), found.facts.coverage) == (Word.YES, 1.0)  # type: ignore[union-attr]


def test_example_9_calls_without_a_name_are_in_the_way(left: Scene) -> None:
    left.call("2.4.0", 3)
    found = left.retire()
    assert word(found) is Word.NO
    assert found.answer.sentence == "A caller without a name made 3 calls on 2.4.0 in the last 14 days."


def test_example_10_two_days_without_counting_are_no_data() -> None:
    made = scene()
    made.consumer("web", "migrated")
    made.ends()
    made.counted(without=2)
    found = made.retire()
    assert word(found) is Word.NO_DATA
    assert found.answer.sentence == "Calls were counted in 86% of the last 14 days only."


@pytest.fixture
def split() -> Scene:
    made = scene(SPLIT)
    made.consumer("shipping", "not_ready", "address.line")
    return made


def ask(*given: str) -> tuple[int, str, str]:
    """What the command says with this, and how it ends."""
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("contract", *given, stdout=out, stderr=err)
    return int(str(ended.value.code)), out.getvalue(), err.getvalue()


def test_the_command_asks_the_database(split: Scene) -> None:
    code, said, _ = ask("can-promote", NAME, "3.0.0")
    assert code == 1
    assert "3.0.0 breaks shipping (address.line), which is not ready. Shipping team: get ready" in said
    assert ask("can-promote", NAME, "3.0.0", "--old-stays")[0] == 0
    assert ask("can-promote", NAME, "3.0.0", "--environment", environment().slug)[0] == 1
    Consumer.objects.update(readiness="testing")
    assert ask("can-promote", NAME, "3.0.0")[0] == 3
    Consumer.objects.update(readiness="migrated")
    split.ends()
    assert ask("can-retire", NAME, "2.4.0")[0] == 3
    split.counted()
    code, said, _ = ask("can-retire", NAME, "2.4.0", "--json")
    assert (code, json.loads(said)["answer"]) == (0, "yes")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("can-promote", NAME), "Give a contract and its version"),
        (("can-promote", NAME, "3.0.0", "--facts", "-"), "Give a contract and its version"),
        (("can-retire", "order-api", "1"), "There is no contract named order-api."),
        (("can-retire", NAME, "1"), "Its versions: 2.4.0, 3.0.0."),
        (("can-promote", NAME, "3.0.0", "--consumers", "shiping"), "There is no service named shiping."),
        (("can-promote", NAME, "3.0.0", "--environment", "moon"), "There is no environment named moon."),
    ],
)
def test_what_cannot_be_asked_is_bad_input(split: Scene, given: tuple[str, ...], said: str) -> None:
    code, _out, told = ask(*given)
    assert code == 2
    assert said in told


def test_consumers_that_are_not_named_are_left_out(split: Scene) -> None:
    split.consumer("web", "ready", "id").service.used.update(type="Order")
    code, said, _ = ask("can-promote", NAME, "3.0.0", "--consumers", "web")
    assert code == 0
    assert "left out shipping" in said


def test_the_policy_wants_tests_also_where_nothing_breaks() -> None:
    made = scene(ADDS)
    made.consumer("web")
    Rules.objects.create(contract=made.contract, evidence=True, evidence_days=30)
    found = made.promote()
    assert word(found) is Word.PENDING
    assert "the policy wants tests" in found.answer.sentence
    made.result(days=20)
    assert word(made.promote()) is Word.YES


def test_the_days_without_a_call_are_as_the_rules_say() -> None:
    made = scene()
    made.ends()
    made.counted()
    made.call("2.4.0", 5, ago=20 * DAY)
    assert word(made.retire()) is Word.YES
    Rules.objects.create(contract=made.contract, quiet_days=21)
    found = made.retire()
    assert found.answer.sentence == "A caller without a name made 5 calls on 2.4.0 in the last 21 days."


def test_silence_for_twice_the_days_is_taken_for_an_answer() -> None:
    made = scene()
    made.consumer("web")
    made.ends()
    made.counted(days=28)
    assert made.retire().facts.quiet_days == 28  # type: ignore[union-attr]
    found = made.retire()
    assert (word(found), found.answer.lines[-1].warning) == (Word.YES, True)
    made.call("2.4.0", 1, ago=20 * DAY)
    assert word(made.retire()) is Word.PENDING


def test_callers_with_a_name_are_taken_from_all_calls() -> None:
    made = scene()
    made.ends()
    made.counted()
    made.call("2.4.0", 10)
    made.call("2.4.0", 7, caller="web")
    made.edge("web", 5, version="2.4.0")
    calls = {each.caller: each.count for each in made.retire().facts.calls}  # type: ignore[union-attr]
    assert calls == {"web": 7, "": 3}


def test_days_that_are_pushed_count_as_counted() -> None:
    made = scene()
    made.ends()
    for back in range(1, 15):
        made.edge("web", 5, version="3.0.0", ago=back * DAY)
    found = made.retire()
    assert (word(found), found.facts.coverage) == (Word.YES, 1.0)  # type: ignore[union-attr]
    made.edge("web", 2, version="2.4.0", ago=3 * DAY)
    assert made.retire().answer.sentence == "web made 2 calls on 2.4.0 in the last 14 days."


def test_plain_calls_are_explained_by_what_else_is_declared() -> None:
    made = scene()
    other = Contract.objects.create(
        slug="prices", name="Prices", provider=made.contract.provider, format="openapi"
    )
    made.edge("crawler", 900)
    assert word(made.promote()) is Word.NO_DATA
    who = Service.objects.create(slug="crawler", name="Crawler", team=made.contract.provider.team)
    Consumer.objects.create(contract=other, service=who)
    assert word(made.promote()) is Word.YES


def test_an_edge_that_is_no_dependency_counts_no_more() -> None:
    made = scene()
    made.edge("crawler", 900)
    EdgeAnswer.objects.create(caller="crawler", callee="orders", said="none", by="Ada", at=made.now)
    assert word(made.promote()) is Word.YES


def test_a_result_ends_when_another_build_is_live(split: Scene) -> None:
    Consumer.objects.update(readiness="ready")
    split.result("shipping", build="1.4")
    assert word(split.promote()) is Word.YES
    here = source(window_s=60)
    who = Service.objects.get(slug="shipping")
    for build, ago in (("1.4", 3 * DAY), ("1.5", 0 * DAY)):
        series(here, service=who, version=build, last_seen_at=split.now - ago)
    found = split.promote()
    assert word(found) is Word.PENDING
    assert "is of another build" in found.answer.sentence


def test_facts_that_were_gathered_give_the_same_answer_again(ready: Scene) -> None:
    ready.edge("crawler", 900)
    ready.ends()
    for found in (ready.promote(), ready.retire()):
        given = json.loads(json.dumps(writing.as_json(found.facts)))
        read(json.dumps(given), found.asked.question.value)
        assert writing.answered(given) == found.answer


def test_as_many_queries_for_many_questions_as_for_one(split: Scene) -> None:
    split.ends()
    split.counted()
    counts = []
    for many in (1, 20):
        asked = [
            Asked(question, NAME, version)
            for question, version in ((Question.PROMOTE, "3.0.0"), (Question.RETIRE, "2.4.0"))
        ]
        with CaptureQueriesContext(connection) as seen:
            answers(asked * many)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 31


def test_comparisons_are_made_for_people_and_never_for_gates(split: Scene) -> None:
    (found,) = answers([Asked(Question.PROMOTE, NAME, "3.0.0")])
    assert not isinstance(found, Unanswerable)
    assert found.answer.lines[0].undecided
    assert not Compared.objects.exists()
    assert answer(Asked(Question.PROMOTE, NAME, "3.0.0")).answer.lines[0].undecided is False
    assert Compared.objects.count() == 1


def test_windows_that_are_no_hours_yet_are_counted_and_gaps_are_not() -> None:
    made = scene()
    made.ends()
    Rules.objects.create(contract=made.contract, quiet_days=1)
    here = source(window_s=300)
    row = series(here, version="3.0.0", name=contract_series(NAME))
    begin = made.now.replace(minute=0, second=0, microsecond=0)
    starts = [begin - timedelta(minutes=5 * back) for back in range(1, 12 * 24 + 1)]
    Window.objects.bulk_create(Window(series=row, start_at=at, total=4) for at in starts)
    found = made.retire()
    assert (word(found), found.facts.coverage) == (Word.YES, 1.0)  # type: ignore[union-attr]
    Window.objects.filter(start_at__in=starts[:30]).update(gap=True, total=0)
    found = made.retire()
    assert found.answer.sentence == "Calls were counted in 90% of the last 1 days only."
    here.enabled = False
    here.save()
    assert made.retire().facts.coverage == 0  # type: ignore[union-attr]


def test_it_is_counted_as_far_as_where_it_was_counted_least() -> None:
    made = scene()
    made.ends()
    made.counted()
    staging = environment("staging")
    series(source("lab", window_s=60, environment=staging), version="3.0.0", name=contract_series(NAME))
    assert word(made.retire()) is Word.NO_DATA
    assert word(made.retire(environment="production")) is Word.YES
    assert word(made.retire(environment="staging")) is Word.NO_DATA
