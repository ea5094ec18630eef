"""What a version of a contract would take: drawn from history, asked on page, API and command."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Freeze, Rollout, Stage
from rollouts.plans.whatif.simulating import FEWEST, TRIALS, Lengths, estimate, free
from tests.contracts.papers import SPLIT
from tests.decisions.factories import World, rollout
from tests.plans.ordering import page, shop

START = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lengths(part: list[int], whole: list[int]) -> Lengths:
    return Lengths(tuple(HOUR * each for each in part), tuple(HOUR * each for each in whole), "orders")


def test_what_always_took_the_same_ends_when_that_adds_up() -> None:
    found = estimate(START, [[lengths([1], [2])], [lengths([3], [4]), lengths([1], [1])]])
    assert {found.early, found.middle, found.late} == {START + 10 * HOUR}
    assert found.trials == TRIALS == 1_000


def test_the_same_question_gets_the_same_answer_and_a_range() -> None:
    asked = [[lengths([1, 2, 8], [1, 5])]]
    found = estimate(START, asked)
    assert found == estimate(START, asked)
    assert START + 2 * HOUR <= found.early < found.middle < found.late <= START + 13 * HOUR


def test_the_shares_are_those_of_the_trials() -> None:
    found = estimate(START, [[lengths(list(range(100)), [0])]])
    for at, hours in ((found.early, 10), (found.middle, 50), (found.late, 90)):
        assert abs((at - START) / HOUR - hours) <= 5


def test_no_stage_begins_in_a_freeze() -> None:
    frozen = [(START + HOUR, START + 5 * HOUR), (START + 5 * HOUR, START + 6 * HOUR)]
    assert free(START, frozen) == START
    assert free(START + HOUR, frozen) == START + 6 * HOUR
    assert estimate(START, [[lengths([2], [1])]], frozen).middle == START + 7 * HOUR


@given(st.lists(st.integers(0, 50), min_size=1, max_size=5), st.integers(1, 4), st.integers(0, 20))
def test_a_wave_more_or_a_freeze_more_never_makes_it_sooner(took: list[int], waves: int, frozen: int) -> None:
    asked = [[lengths(took, took)]] * waves
    windows = [(START, START + HOUR * frozen)]
    before, longer = estimate(START, asked), estimate(START, asked, windows)
    assert longer.middle >= before.middle
    assert longer.early >= START + HOUR * frozen


def history(there: World, many: int, *, slug: str = "past", service: Service | None = None) -> None:
    """Completed stages: so many at part and at all of the traffic, an hour and three hours long."""
    row = rollout(there, slug)
    now = database_now()
    Change.objects.filter(rollout=row).update(service=service or there.orders)
    Stage.objects.filter(rollout=row).delete()
    Rollout.objects.filter(pk=row.pk).update(state="cancelled")
    for number in range(many):
        for place, (percent, hours) in enumerate(((10, 1), (100, 3))):
            ended = now - timedelta(days=number + 1)
            Stage.objects.create(
                rollout=row, number=2 * number + place + 1, name="past", title="Past", state="promoted",
                exposure={"percent": percent}, entered_at=ended - hours * HOUR, ended_at=ended,
            )  # fmt: skip


ASKED = "service=orders&contract=orders-api&version=3.0.0"


@pytest.mark.django_db(transaction=True)
def test_the_api_says_waves_consumers_reach_and_a_range() -> None:
    there = shop().there
    history(there, FEWEST)
    found = page(there).get(f"/api/v1/what-if/?{ASKED}&on=2030-01-10").json()
    assert [wave["changes"] for wave in found["waves"]] == [["shipping"], ["orders"]]
    assert (found["old"], found["version"], found["split"]) == ("2.1", "3.0.0", False)
    assert "address" in found["because"]
    assert found["unready"] == ["shipping"]
    assert found["blast_radius"] == {"services": 1, "farthest": 1, "nearest": ["shipping"]}
    assert found["estimate"]["middle"] == "2030-01-10T08:00:00Z"
    assert found["estimate"]["history"] == ["20 of all services there", "20 of orders"]


@pytest.mark.django_db(transaction=True)
def test_with_too_little_history_it_says_so_and_estimates_nothing() -> None:
    there = shop().there
    history(there, FEWEST - 1)
    found = page(there).get(f"/api/v1/what-if/?{ASKED}").json()
    assert found["estimate"] is None
    assert found["too_little"] == (
        "9 at part of the traffic and 9 at all of it were carried out by all services there, and 10 of each "
        "are needed"
    )
    shown = page(there).get(f"/what-if/?{ASKED}").content.decode()
    assert "There is too little history to say." in shown


@pytest.mark.django_db(transaction=True)
def test_a_version_that_goes_in_no_order_is_expanded_migrated_and_contracted() -> None:
    there = shop(new=SPLIT).there
    found = page(there).get(f"/api/v1/what-if/?{ASKED}").json()
    assert found["split"] is True
    assert [wave["changes"] for wave in found["waves"]] == [
        ["orders.expand"],
        ["shipping"],
        ["orders.contract"],
    ]


@pytest.mark.django_db(transaction=True)
def test_who_has_migrated_does_not_move_and_a_freeze_puts_it_off() -> None:
    there = shop().there
    history(there, FEWEST)
    Consumer.objects.update(readiness="migrated", readiness_for="3.0.0")
    Freeze.objects.create(
        name="Peak", team=there.owners, starts_at=datetime(2030, 1, 9, tzinfo=UTC),
        ends_at=datetime(2030, 1, 12, tzinfo=UTC),
    )  # fmt: skip
    found = page(there).get(f"/api/v1/what-if/?{ASKED}&on=2030-01-10").json()
    assert (found["consumers"], [wave["changes"] for wave in found["waves"]]) == ([], [["orders"]])
    assert found["freezes"] == ["Peak"]
    assert found["estimate"]["early"] == "2030-01-12T04:00:00Z"


@pytest.mark.django_db(transaction=True)
def test_the_page_answers_and_names_what_is_wrong_with_the_question() -> None:
    there = shop().there
    history(there, FEWEST)
    client = page(there)
    assert "No answer yet" in client.get("/what-if/").content.decode()
    shown = client.get(f"/what-if/?{ASKED}&on=2030-01-10").content.decode()
    assert "Orders API from 2.1 to 3.0.0" in shown
    assert "1,000 trials" in shown or "1000 trials" in shown
    assert "Shipping" in shown
    for wrong, said in (
        ("service=ordres", "There is no such service."),
        (f"{ASKED}&environment=moon", "There is no such environment."),
        ("service=orders&contract=bills", "The service provides no such contract."),
        ("service=orders&contract=orders-api&version=9", "There is no such version. Known: 2.1, 3.0.0."),
        ("service=orders&version=3.0.0", "Name the contract that the version is of."),
    ):
        answer = client.get(f"/what-if/?{wrong}")
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert client.get(f"/api/v1/what-if/?{wrong}").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_the_command_says_it_in_words_and_as_json(capsys: Any) -> None:
    there = shop().there
    history(there, FEWEST)
    asked = ["what-if", "orders", "--contract", "orders-api", "--version", "3.0.0", "--on", "2030-01-10"]
    call_command("plan", *asked)
    said = capsys.readouterr().out
    assert "Wave 1: shipping" in said
    assert "Not ready: shipping (unknown)." in said
    assert "Through by 2030-01-10 08:00 UTC" in said
    call_command("plan", *asked, "--json")
    assert json.loads(capsys.readouterr().out)["unready"] == ["shipping"]
    with pytest.raises(SystemExit):
        call_command("plan", "what-if", "ordres")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [1, 12])
def test_many_consumers_are_asked_for_with_the_same_queries(
    many: int, django_assert_num_queries: Any
) -> None:
    made = shop()
    for number in range(many):
        service = Service.objects.create(slug=f"c{number}", name=f"C{number}", team=made.there.owners)
        Consumer.objects.create(contract=made.contract, service=service, uses=">=2 <3")
    client = page(made.there)
    client.get(f"/api/v1/what-if/?{ASKED}")
    with django_assert_num_queries(31):
        client.get(f"/api/v1/what-if/?{ASKED}")
