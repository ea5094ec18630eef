"""Waves of changes that no plan holds yet, over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from rollouts.catalog.models import Service
from rollouts.contracts.models import Dependency
from rollouts.plans.models import Rollout
from tests.decisions.factories import plan_text, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> APIClient:
    there = world()
    made = APIClient()
    made.force_authenticate(there.mina)
    for slug in ("checkout", "invoicing"):
        calling = Service.objects.create(slug=slug, name=slug.title(), team=there.owners)
        Dependency.objects.create(service=calling, on=there.orders)
    return made


def post(client: APIClient, body: Any) -> Any:
    if isinstance(body, str):
        return client.generic("POST", "/api/v1/plans/waves/", body, "application/yaml")
    return client.post("/api/v1/plans/waves/", body, format="json")


def test_changes_alone_are_put_in_waves_with_reasons(client: APIClient) -> None:
    services = ("invoicing", "orders", "checkout")
    waves = post(client, {"changes": [{"service": name} for name in services]}).json()
    assert [wave["changes"] for wave in waves] == [["orders"], ["checkout", "invoicing"]]
    assert waves[0]["reasons"] == ["orders waits for nothing."]
    assert waves[1]["reasons"][0] == "checkout after orders: checkout calls orders."
    assert not Rollout.objects.exists()


def test_an_order_that_is_stated_holds_instead(client: APIClient) -> None:
    text = (
        "changes: [{service: orders}, {service: checkout}, {service: orders, kind: contract}]\n"
        "order: [{first: checkout, then: orders, why: It reads both.}]\n"
    )
    waves = post(client, text).json()
    assert [wave["changes"] for wave in waves] == [["checkout"], ["orders"], ["orders.contract"]]


def test_a_plan_s_text_gives_the_waves_of_its_changes(client: APIClient) -> None:
    assert post(client, plan_text()).json()[0]["changes"] == ["orders"]
    assert not Rollout.objects.exists()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"changes": [{"service": "ordres"}]}, 422, "unknown_service"),
        ({"changes": [{"service": "orders"}, {"service": "orders"}]}, 422, "same_name"),
        ({"changes": []}, 400, "invalid"),
        ({"changes": [{"service": "orders", "kind": "odd"}]}, 400, "invalid"),
        ("apiVersion: gatehouse/v1\nkind: Plan\nchanges: []\n", 422, "unsound"),
        ("{", 422, "unsound"),
    ],
)
def test_what_cannot_be_read_is_told(client: APIClient, body: Any, status: int, code: str) -> None:
    answer = post(client, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_it_asks_the_same_queries_for_many_changes(
    client: APIClient, django_assert_max_num_queries: Any
) -> None:
    many = [{"service": "orders", "name": f"c{number}"} for number in range(100)]
    with django_assert_max_num_queries(15):
        assert post(client, {"changes": many}).status_code == 200


def test_only_people_who_are_signed_in_ask(client: APIClient) -> None:
    assert post(APIClient(), {"changes": [{"service": "orders"}]}).status_code in (401, 403)
