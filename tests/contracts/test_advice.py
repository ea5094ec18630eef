"""What a service is advised at run time: switch, delay or retry, with what a cache needs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.deprecating.advising import Action, Standing, advise
from rollouts.contracts.models import Consumer, ContractVersion, Use
from rollouts.plans.models import Change
from tests.contracts import papers
from tests.contracts.papers import House, house, put, send, signed_in
from tests.escalations.factories import rollout

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
OLD = Standing("2.1", "deprecated", date(2026, 12, 31), "3.0", ready=False, harmed=True)
ADDRESS = "/api/v1/services/orders/contracts/orders-api/advice?consumer=shipping&version=2.1"


@pytest.mark.parametrize(
    ("seen", "action"),
    [
        (OLD, Action.DELAY),
        (replace(OLD, harmed=None), Action.DELAY),
        (replace(OLD, harmed=False), Action.SWITCH),
        (replace(OLD, ready=True), Action.SWITCH),
        (replace(OLD, ready=True, moving="orders-v3"), Action.RETRY),
        (replace(OLD, sunset_on=date(2026, 11, 28)), Action.SWITCH),
        (replace(OLD, sunset_on=date(2026, 11, 29)), Action.DELAY),
        (replace(OLD, state="retired", sunset_on=None), Action.SWITCH),
        (replace(OLD, state="retired", next=""), Action.RETRY),
        (replace(OLD, state="active", sunset_on=None, next=""), Action.DELAY),
    ],
)
def test_the_first_rule_that_fits_decides(seen: Standing, action: Action) -> None:
    found = advise(seen, NOW)
    assert found.action is action
    assert found.sentence.endswith(".")


@given(
    state=st.sampled_from(["active", "deprecated", "retired"]),
    ahead=st.none() | st.integers(-3, 3),
    following=st.sampled_from(["", "3.0"]),
    harmed=st.sampled_from([True, False, None]),
    moving=st.sampled_from(["", "orders-v3"]),
)
def test_who_is_ready_is_never_held_back_longer(
    state: str, ahead: int | None, following: str, harmed: bool | None, moving: str
) -> None:
    sunset = None if ahead is None else NOW.date() + timedelta(days=ahead)
    waits, ready = (
        advise(Standing("2.1", state, sunset, following, ready, harmed, moving), NOW)
        for ready in (False, True)
    )
    assert waits.until == ready.until
    if waits.action is Action.SWITCH:
        assert ready.action is Action.SWITCH
    assert (ready.to == "") is (following == "")


@pytest.fixture
def there() -> House:
    made = house()
    send(made.mina, "2.1", papers.OPENAPI)
    send(made.mina, "3.0", papers.SPLIT)
    ContractVersion.objects.filter(version="3.0").update(state="active")
    put(made.mina, "versions/2.1/end/", sunset="2099-03-31", successor="3.0")
    return made


def ask(there: House, address: str = ADDRESS, **headers: str) -> Any:
    return signed_in(there.tomas).get(address, headers=headers)


@pytest.mark.django_db
def test_a_consumer_that_is_touched_may_wait_and_is_told_until_when(there: House) -> None:
    shipping = Consumer.objects.get().service
    Use.objects.create(
        contract=there.contract, service=shipping, type="Order", field="address.street", source="declared"
    )
    told = ask(there).json()
    assert (told["action"], told["to"], told["until"]) == ("delay", "3.0", "2099-03-31T23:59:59Z")
    assert "differs in what you use" in told["sentence"]
    assert {"name": "Sunset", "value": "Tue, 31 Mar 2099 23:59:59 GMT"} in told["headers"]
    Use.objects.update(field="total")
    assert ask(there).json()["action"] == "switch"
    Use.objects.all().delete()
    assert "may differ" in ask(there).json()["sentence"]
    put(there.tomas, "consumers/shipping/", uses=">=2 <4", readiness="ready")
    assert ask(there).json()["action"] == "switch"


@pytest.mark.django_db
def test_an_answer_may_be_kept_and_is_not_sent_twice(there: House) -> None:
    first = ask(there)
    assert first["Cache-Control"] == "private, max-age=60"
    again = ask(there, **{"if-none-match": f'"another", {first["ETag"]}'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    put(there.tomas, "consumers/shipping/", readiness="ready")
    assert ask(there, **{"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.django_db
def test_while_the_provider_moves_it_is_asked_again(there: House) -> None:
    moving = rollout("orders-v3")
    assert ask(there).json()["action"] == "delay", "a new build alone changes no contract"
    Change.objects.filter(rollout=moving).update(kind="expand")
    answer = ask(there)
    assert (answer.json()["action"], answer["Retry-After"]) == ("retry", "300")
    assert "orders-v3" in answer.json()["sentence"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("consumer=shipping&version=9", 404, "unknown_version"),
        ("consumer=nobody&version=2.1", 404, "unknown_consumer"),
        ("version=2.1", 400, "unknown_consumer"),
        ("consumer=shipping", 400, "unknown_version"),
    ],
)
def test_what_is_not_known_is_told(there: House, query: str, status: int, code: str) -> None:
    answer = ask(there, f"/api/v1/services/orders/contracts/orders-api/advice?{query}")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]


@pytest.mark.django_db
def test_a_contract_of_another_provider_is_not_found(there: House) -> None:
    address = "/api/v1/services/shipping/contracts/orders-api/advice?consumer=shipping&version=2.1"
    assert ask(there, address).status_code == 404


@pytest.mark.django_db
def test_asking_takes_few_queries(there: House, django_assert_max_num_queries: Any) -> None:
    client = signed_in(there.tomas)
    with django_assert_max_num_queries(20):
        client.get(ADDRESS)
