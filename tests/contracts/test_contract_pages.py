"""Contracts by page and over the API: versions, consumers, dependencies; rights as they are now."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from rollouts.accounts.models import Membership, Person
from rollouts.audit.models import Event
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db
ADDRESS = "/contracts/orders-api/"
API = "/api/v1/contracts/orders-api/"


@pytest.fixture
def mina() -> Person:
    """Plans for orders, which provides the contract."""
    made = person("mina@example.test")
    orders = team("orders", planner=[made])
    shipping = team("shipping", planner=[person("tomas@example.test")])
    provider = Service.objects.create(slug="orders", name="Orders", team=orders, tier=1)
    consumer = Service.objects.create(slug="shipping", name="Shipping", team=shipping)
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=provider, format="openapi"
    )
    ContractVersion.objects.create(contract=contract, version="2.1", state="active")
    Consumer.objects.create(contract=contract, service=consumer, uses=">=2 <3")
    return made


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def put(who: Person, address: str, **body: Any) -> Any:
    return signed_in(who).put(address, body, content_type="application/json")


def test_a_contract_is_declared_on_a_page_and_logged_for_its_provider(mina: Person) -> None:
    client = signed_in(mina)
    given = {"name": "order-events", "title": "Order events", "provider": "orders", "format": "asyncapi"}
    answer = client.post("/contracts/new/", given)
    assert (answer.status_code, answer["Location"]) == (302, "/contracts/order-events/")
    assert Contract.objects.get(slug="order-events").format == "asyncapi"
    assert [event.kind for event in Event.objects.newest("service:orders")] == ["contracts.declared"]
    assert client.post("/contracts/new/", given).status_code == 422


def test_describing_a_contract_leaves_versions_and_consumers_alone(mina: Person) -> None:
    given = {"title": "API of orders", "provider": "orders", "format": "graphql"}
    assert signed_in(mina).post(f"{ADDRESS}edit/", given).status_code == 302
    row = Contract.objects.get(slug="orders-api")
    assert (row.name, row.format) == ("API of orders", "graphql")
    assert row.versions.get().gone_at is None
    assert row.consumers.get().gone_at is None


def test_a_version_is_added_deprecated_and_removed(mina: Person) -> None:
    client = signed_in(mina)
    assert client.post(f"{ADDRESS}versions/", {"version": "3.0", "state": "draft"}).status_code == 302
    wrong = client.post(f"{ADDRESS}versions/2.1/", {"state": "active", "sunset": "2027-03-31"})
    assert wrong.status_code == 422
    assert "Only a deprecated or retired version" in wrong.content.decode()
    client.post(f"{ADDRESS}versions/2.1/", {"state": "deprecated", "sunset": "2027-03-31"})
    row = ContractVersion.objects.get(version="2.1")
    assert (row.state, str(row.sunset_on)) == ("deprecated", "2027-03-31")
    client.post(f"{ADDRESS}versions/2.1/remove/")
    assert ContractVersion.objects.get(version="2.1").gone_at is None, "shipping relies on it"
    client.post(f"{ADDRESS}consumers/shipping/remove/")
    client.post(f"{ADDRESS}versions/2.1/remove/")
    row.refresh_from_db()
    assert row.gone_at is not None
    assert len(Event.objects.newest("service:orders")) == 4


def test_days_of_a_version_are_shown_as_browsers_take_them(mina: Person) -> None:
    """Written in the order of the reader's language they would be lost with the next change."""
    put(mina, "/api/v1/contracts/orders-api/versions/2.1/", state="active", served="2025-06-16")
    assert 'value="2025-06-16"' in signed_in(mina).get(f"{ADDRESS}versions/2.1/").content.decode()


def test_days_of_a_version_are_declared_or_those_on_which_its_state_changed(mina: Person) -> None:
    address, today = "/api/v1/contracts/orders-api/versions/2.1/", database_now().date()
    assert put(mina, address, state="active", served="2025-06-16").status_code == 200
    assert put(mina, address, state="deprecated", sunset="2099-03-31").status_code == 200
    row = ContractVersion.objects.get(version="2.1")
    assert (str(row.served_on), row.deprecated_on) == ("2025-06-16", today)
    put(mina, address, state="deprecated", deprecated="2026-01-31", sunset="2099-03-31")
    assert put(mina, address, state="retired").status_code == 422
    Membership.objects.create(team=row.contract.provider.team, person=mina, role="breaker")
    given = {"override": True, "reason": "It leaks."}
    told = signed_in(mina).post(f"{address}retire/", given, content_type="application/json")
    assert told.status_code == 200
    row.refresh_from_db()
    assert (str(row.served_on), str(row.deprecated_on), row.retired_on) == ("2025-06-16", "2026-01-31", today)
    put(mina, address, state="active")
    row.refresh_from_db()
    assert (str(row.served_on), row.deprecated_on, row.retired_on) == ("2025-06-16", None, None)


def test_days_that_nobody_declared_stay_unknown(mina: Person) -> None:
    put(mina, "/api/v1/contracts/orders-api/versions/1/", state="deprecated")
    row = ContractVersion.objects.get(version="1")
    assert (row.served_on, row.deprecated_on) == (None, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"state": "active", "deprecated": "2026-01-01"}, "The version is active."),
        ({"state": "draft", "served": "2026-01-01"}, "The version is draft."),
        ({"state": "deprecated", "served": "2026-02-01", "deprecated": "2026-01-01"}, "not in order"),
    ],
)
def test_days_that_cannot_be_are_refused(mina: Person, given: dict[str, str], said: str) -> None:
    answer = put(mina, "/api/v1/contracts/orders-api/versions/2.1/", **given)
    assert answer.status_code in (400, 409, 422)
    assert said in answer.content.decode()


def test_a_consumer_says_how_ready_it_is(mina: Person) -> None:
    tomas = Person.objects.get(email="tomas@example.test")
    client = signed_in(tomas)
    assert "consumers/shipping/" in client.get(ADDRESS).content.decode()
    given = {"uses": ">=2 <4", "reason": "labels", "readiness": "ready", "kind": "soft"}
    assert client.post(f"{ADDRESS}consumers/shipping/", given).status_code == 302
    row = Consumer.objects.get()
    assert (row.uses, row.readiness, row.kind) == (">=2 <4", "ready", "soft")
    assert "copes when it fails" in client.get(ADDRESS).content.decode()
    shown = client.get("/api/v1/contracts/orders-api/").json()["consumers"]
    assert [each["kind"] for each in shown] == ["soft"]
    client.post(f"{ADDRESS}consumers/shipping/remove/")
    row.refresh_from_db()
    assert row.gone_at is not None


def test_a_consumer_does_not_change_the_contract_itself(mina: Person) -> None:
    tomas = Person.objects.get(email="tomas@example.test")
    client = signed_in(tomas)
    assert "Only planners and admins" in client.get(f"{ADDRESS}versions/2.1/").content.decode()
    assert client.post(f"{ADDRESS}versions/2.1/", {"state": "retired"}).status_code == 422
    assert client.post(f"{ADDRESS}retire/").status_code == 302
    assert Contract.objects.get(slug="orders-api").gone_at is None
    assert ContractVersion.objects.get().state == "active"
    assert not Event.objects.exists()


def test_a_dependency_is_declared_and_removed(mina: Person) -> None:
    client = signed_in(mina)
    given = {"service": "orders", "calls": "shipping", "kind": "soft"}
    assert client.post("/dependencies/", given).status_code == 302
    assert Dependency.objects.get().kind == "soft"
    page = client.post("/dependencies/", given | {"calls": "nobody"}).content.decode()
    assert "There is no service named nobody." in page
    client.post("/dependencies/orders/shipping/remove/")
    assert Dependency.objects.get().gone_at is not None
    assert [event.kind for event in Event.objects.newest("service:orders")] == 2 * ["contracts.dependency"]


def test_a_right_that_was_taken_meanwhile_is_refused(mina: Person) -> None:
    client = signed_in(mina)
    client.get(f"{ADDRESS}versions/2.1/")
    Membership.objects.filter(person=mina).delete()
    assert client.post(f"{ADDRESS}versions/2.1/", {"state": "retired"}).status_code == 422
    assert ContractVersion.objects.get().state == "active"


def test_the_api_does_what_the_pages_do(mina: Person) -> None:
    assert put(mina, f"{API}versions/3.0/", state="draft").status_code == 201
    again = put(mina, f"{API}versions/3.0/", state="draft")
    assert (again.status_code, again.json()["what"]) == (200, "unchanged")
    assert put(mina, f"{API}consumers/shipping/", readiness="testing").json()["what"] == "changed"
    assert signed_in(mina).delete(f"{API}consumers/shipping/").json()["what"] == "gone"
    assert signed_in(mina).delete(f"{API}versions/3.0/").status_code == 200
    assert signed_in(mina).delete(API).json()["what"] == "gone"
    signed_in(mina).post(
        "/api/v1/dependencies/", {"service": "orders", "calls": "shipping"}, content_type="application/json"
    )
    assert signed_in(mina).delete("/api/v1/dependencies/orders/shipping/").json()["what"] == "gone"


def test_the_api_says_why_not(mina: Person) -> None:
    tomas = Person.objects.get(email="tomas@example.test")
    assert put(tomas, f"{API}versions/3.0/", state="draft").status_code == 403
    wrong = put(mina, f"{API}versions/3.0/", state="perhaps")
    assert wrong.status_code == 422
    assert wrong.json()["problems"][0]["path"] == "/state"
    assert put(mina, f"{API}consumers/nobody/", uses="1").status_code == 404
    assert put(mina, "/api/v1/contracts/nothing/versions/1/", state="draft").status_code == 404


@pytest.mark.parametrize("many", [1, 20])
def test_the_list_and_a_contract_ask_a_constant_number_of_queries(
    mina: Person, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    orders = Service.objects.get(slug="orders")
    contract = Contract.objects.get()
    for n in range(many):
        other = Contract.objects.create(slug=f"c-{n}", name=f"C {n}", provider=orders, format="avro")
        ContractVersion.objects.create(contract=other, version="1")
        ContractVersion.objects.create(contract=contract, version=f"4.{n}")
        user = Service.objects.create(slug=f"s-{n}", name=f"S {n}", team=orders.team)
        Consumer.objects.create(contract=contract, service=user)
    client = signed_in(mina)
    client.get("/contracts/")
    with django_assert_num_queries(15):
        client.get("/contracts/")
    with django_assert_num_queries(16):
        assert client.get(ADDRESS).status_code == 200
