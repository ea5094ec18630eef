"""The front of the API: what there is, and clear answers for what there is not."""

import pytest
from django.test import Client
from django.urls import reverse

from config import api
from tests.accounts import factories as make

pytestmark = pytest.mark.django_db


def test_index_lists_the_lists_and_where_the_schema_is(client: Client) -> None:
    told = client.get("/api/v1/").json()
    assert told["schema"] == "/api/schema/"
    assert told["lists"]["rollouts"] == "/api/v1/rollouts/"
    client.force_login(make.person("ada@fernhill.example"))
    for address in told["lists"].values():
        assert client.get(address).status_code in {200, 403}, address


def test_unknown_address_is_a_problem_in_the_shape_of_the_api(client: Client) -> None:
    for method in (client.get, client.post):
        answer = method("/api/v1/rolouts/")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"
        assert "/api/v1/rolouts/" in answer.json()["detail"]


def test_reference_shows_every_operation_of_the_schema(client: Client) -> None:
    client.force_login(make.person("ada@fernhill.example"))
    page = client.get(reverse("api-reference")).content.decode()
    assert len(api.operations()) > 100
    for each in api.operations():
        assert f"{each.method} {each.address}" in page


def test_every_operation_says_what_it_does() -> None:
    assert [f"{each.method} {each.address}" for each in api.operations() if not each.says] == []


def test_misspelt_filter_is_refused_with_those_there_are(client: Client) -> None:
    client.force_login(make.person("ada@fernhill.example"))
    answer = client.get("/api/v1/rollouts/?statee=halted")
    assert answer.status_code == 400
    assert "state" in answer.json()["errors"]["statee"][0]
    assert client.get("/api/v1/rollouts/?state=halted&page=1&page_size=5").status_code == 200
    assert client.get("/api/v1/deliveries/?show=all").status_code == 200
    assert client.get("/api/v1/escalations/?state=hlated").status_code == 400
