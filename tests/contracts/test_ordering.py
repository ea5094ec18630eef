"""Who may move first when a contract goes from one version to another, by what each consumer uses."""

from typing import Any

import pytest

from rollouts.contracts.models import Compared, Consumer, Contract
from rollouts.contracts.queries import rulings
from rollouts.contracts.values import First, Rulings, Transition
from tests.contracts.papers import OPENAPI, SPLIT, House, house, relies, send

pytestmark = pytest.mark.django_db

MOVE = Transition("orders-api", "2.1", "3.0.0")
FEWER = OPENAPI.replace("        total: {type: number}\n", "")


def told(new: str, *services: str, compared: int = 1) -> tuple[House, Rulings]:
    there = house()
    assert send(there.mina, "2.1", OPENAPI).status_code == 201
    assert send(there.mina, "3.0.0", new).status_code == 201
    return there, rulings([MOVE], services or ("shipping",), compared=compared)[MOVE]


def test_a_field_that_changes_its_type_splits_who_may_use_it_and_says_which() -> None:
    _, found = told(SPLIT)
    assert found.of("shipping").first is First.SPLIT
    assert found.of("shipping").because == (
        "GET /orders/{id}: “/address” of Order can now be object; before it was string"
    )
    assert found.of("nobody-knows").first is First.SPLIT


def test_who_uses_nothing_that_breaks_may_move_after_the_provider() -> None:
    there, _ = told(SPLIT)
    relies(there.contract, "billing", operation="GET /orders/{id}", type="Order", field="total")
    found = rulings([MOVE], ["billing"])[MOVE]
    assert found.of("billing").first is First.PROVIDER
    assert found.of("billing").because == "it uses nothing that breaks"


def test_a_consumer_that_has_migrated_waits_for_nobody() -> None:
    told(SPLIT)
    Consumer.objects.update(readiness="migrated")
    assert rulings([MOVE], ["shipping"])[MOVE].of("shipping").first is First.ANY


def test_the_same_text_lets_anybody_move() -> None:
    _, found = told(OPENAPI)
    assert found.of("shipping").first is First.ANY


def test_without_a_document_or_a_version_it_says_which_is_missing() -> None:
    there = house()
    assert send(there.mina, "3.0.0", SPLIT).status_code == 201
    asked = [MOVE, Transition("orders-api", "3.0.0", "4")]
    found = rulings(asked, ["shipping"], compared=2)
    assert found[MOVE].usual.because == "2.1 has no document"
    assert found[asked[1]].usual.because == "there is no version 4"
    assert all(each.usual.first is None for each in found.values())


def test_what_is_not_kept_is_compared_only_when_it_may_take_time() -> None:
    _, found = told(FEWER, compared=0)
    Compared.objects.all().delete()
    assert rulings([MOVE], ["shipping"]) == {}
    assert not Compared.objects.exists()
    assert rulings([MOVE], ["shipping"], compared=1)[MOVE].of("shipping").first is not None
    assert MOVE in rulings([MOVE], ["shipping"])


@pytest.mark.parametrize("many", [1, 12])
def test_many_contracts_are_asked_for_with_the_same_queries(
    many: int, django_assert_num_queries: Any
) -> None:
    there, _ = told(SPLIT)
    for number in range(many):
        made = Contract.objects.create(
            slug=f"api-{number}", name="API", provider=there.contract.provider, format="openapi"
        )
        relies(made, f"caller-{number}")
    asked = [MOVE, *(Transition(f"api-{number}", "1", "2") for number in range(many))]
    rulings([MOVE], ["shipping"])
    with django_assert_num_queries(11):
        rulings(asked, ["shipping", *(f"caller-{number}" for number in range(many))])
