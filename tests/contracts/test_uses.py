"""Which parts of a contract a consumer uses: declared by file, page and API, and seen beside it."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.audit.models import Event
from rollouts.audit.values import SYSTEM, Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Service
from rollouts.contracts import services
from rollouts.contracts.models import Consumer, Contract, Use
from rollouts.contracts.queries import uses_of
from rollouts.contracts.values import Used
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db
PAGE = "/contracts/orders-api/consumers/shipping/parts/"
API = "/api/v1/contracts/orders-api/consumers/shipping/"


@pytest.fixture
def tomas() -> Person:
    """Plans for shipping, which consumes what orders provides."""
    orders = team("orders", planner=[person("mina@example.test")])
    made = person("tomas@example.test")
    shipping = team("shipping", planner=[made])
    provider = Service.objects.create(slug="orders", name="Orders", team=orders)
    consumer = Service.objects.create(slug="shipping", name="Shipping", team=shipping)
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=provider, format="openapi"
    )
    Consumer.objects.create(contract=contract, service=consumer, uses=">=2 <3")
    return made


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def parts() -> list[str]:
    return [one.part for one in uses_of("orders-api").get("shipping", [])]


def seen(operation: str = "GET /orders/{id}", field: str = "") -> Used:
    now = database_now()
    return Used("orders-api", "shipping", operation, field, "", now - timedelta(hours=1), now)


def test_a_part_is_declared_on_the_page_shown_on_the_contract_and_removed(tomas: Person) -> None:
    client = signed_in(tomas)
    given = {"operation": "GET /orders/{id}", "type": "Address", "field": "street", "reason": "labels"}
    assert client.post(PAGE, given).status_code == 302
    assert parts() == ["GET /orders/{id}, Address.street"]
    assert "1 part of it" in client.get("/contracts/orders-api/").content.decode()
    assert "Address.street" in client.get(PAGE).content.decode()
    (event,) = Event.objects.newest("service:orders")
    assert event.kind == "contracts.declared"
    client.post(f"{PAGE}{Use.objects.get().pk}/remove/")
    assert parts() == []
    assert Use.objects.get().gone_at is not None
    client.post(PAGE, given)
    assert parts() == ["GET /orders/{id}, Address.street"]


def test_a_part_that_names_nothing_is_refused_beside_the_form(tomas: Person) -> None:
    answer = signed_in(tomas).post(PAGE, {"reason": "labels"})
    assert answer.status_code == 422
    assert "Write an operation, a field or a type." in answer.content.decode()
    assert not Use.objects.exists()


def test_others_may_read_and_not_declare(tomas: Person) -> None:
    client = signed_in(person("eve@example.test"))
    page = client.get(PAGE).content.decode()
    assert "declare what is used" in page
    assert client.post(PAGE, {"operation": "GET /orders"}).status_code == 422
    assert not Use.objects.exists()


def test_the_api_declares_lists_and_removes(tomas: Person) -> None:
    client = signed_in(tomas)
    body = {"operation": "GET /orders", "versions": ">=2"}
    added = client.post(f"{API}parts/", body, content_type="application/json")
    assert (added.status_code, added.json()["what"]) == (201, "added")
    same = client.post(f"{API}parts/", body, content_type="application/json")
    assert (same.status_code, same.json()["what"]) == (200, "unchanged")
    (told,) = client.get(f"{API}parts/").json()
    assert (told["operation"], told["versions"], told["source"]) == ("GET /orders", ">=2", "declared")
    (consumer,) = client.get("/api/v1/contracts/orders-api/").json()["consumers"]
    assert [one["operation"] for one in consumer["parts"]] == ["GET /orders"]
    assert client.delete(f"{API}parts/{told['id']}/").json()["what"] == "gone"
    assert client.get(f"{API}parts/").json() == []


def test_who_is_no_consumer_cannot_use_parts(tomas: Person) -> None:
    Consumer.objects.update(gone_at=database_now())
    answer = signed_in(tomas).post(f"{API}parts/", {"operation": "GET /"}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_consumer")


def put(who: Person, **body: Any) -> Any:
    return signed_in(who).put(API, body, content_type="application/json")


def test_a_list_replaces_what_was_declared_and_leaves_what_was_seen(tomas: Person) -> None:
    services.note_used([seen("GET /orders/{id}/lines")])
    assert put(tomas, parts=[{"operation": "GET /orders/{id}"}, {"type": "Order"}]).status_code == 200
    assert put(tomas, parts=[{"type": "Order"}]).status_code == 200
    assert sorted(parts()) == ["GET /orders/{id}/lines", "Order"]
    put(tomas, reason="labels")
    assert sorted(parts()) == ["GET /orders/{id}/lines", "Order"]


def test_the_catalog_file_says_which_parts(tomas: Person) -> None:
    text = (
        "apiVersion: gatehouse/v1\nkind: Catalog\ncontracts:\n"
        "  - {name: orders-api, provider: orders, format: openapi, consumers: [{service: shipping,"
        " parts: [{operation: 'GET /orders/{id}', field: address.street, versions: '>=2 <3'}]}]}\n"
    )

    def apply(source: str) -> catalog.Report:
        return catalog.apply_catalog(source=source.encode(), actor=SYSTEM, face=Face.COMMAND)

    moved = [(one.name, one.what.value) for one in apply(text).moved]
    assert ("orders-api used by shipping: GET /orders/{id}, address.street", "added") in moved
    assert not apply(text).moved
    with pytest.raises(catalog.Unsound) as unsound:
        apply(text.replace("operation: 'GET /orders/{id}', field: address.street, ", ""))
    assert unsound.value.problems[0].path == "/contracts/0/consumers/0/parts/0"


def test_what_is_seen_stands_beside_what_is_declared(tomas: Person) -> None:
    put(tomas, parts=[{"operation": "GET /orders/{id}"}])
    assert services.note_used([seen(), seen("GET /orders"), seen("GET /orders")]) == 2
    found = {one.operation: one for one in uses_of("orders-api")["shipping"]}
    assert found["GET /orders/{id}"].source == "declared"
    assert found["GET /orders/{id}"].last_seen_at is not None
    assert found["GET /orders"].source == "observed"


def test_what_was_removed_and_is_seen_again_comes_back_as_seen(tomas: Person) -> None:
    put(tomas, parts=[{"operation": "GET /orders/{id}"}])
    put(tomas, parts=[])
    assert parts() == []
    services.note_used([seen()])
    (row,) = uses_of("orders-api")["shipping"]
    assert (row.source, row.gone_at) == ("observed", None)


def test_a_consumer_that_ended_uses_nothing_that_it_declared(tomas: Person) -> None:
    put(tomas, parts=[{"operation": "GET /orders/{id}"}])
    signed_in(tomas).delete(API)
    assert parts() == []
    put(tomas, uses="2")
    assert parts() == ["GET /orders/{id}"]
