"""Find anything, the chosen theme, and the series behind the charts."""

import pytest
from django.test import Client

from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.dashboard.test_services import signed_in
from tests.decisions.factories import World, ready, rollout, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


@pytest.mark.parametrize(("text", "href"), [("v3", "/rollouts/orders-v3/"), ("ORDERS", "/services/orders/")])
def test_part_of_a_name_is_enough(there: World, text: str, href: str) -> None:
    rollout(there)
    assert f'href="{href}"' in signed_in(there.mina).get("/search/", {"q": text}).content.decode()


def test_what_is_not_found_is_said(there: World) -> None:
    text = signed_in(there.mina).get("/search/", {"q": "<b>nothing\x00"}).content.decode()
    assert "Nothing fits" in text
    assert "<b>nothing" not in text


def test_private_rollout_of_others_is_not_found(there: World) -> None:
    row = rollout(there)
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    answer = signed_in(person("eve@example.test")).get("/search/", {"q": "orders"})
    assert "orders-v3" not in answer.content.decode()


def test_search_asks_for_sign_in() -> None:
    assert Client().get("/search/?q=orders")["Location"].startswith("/accounts/login/")


def test_api_finds_the_same(there: World) -> None:
    rollout(there)
    found = signed_in(there.mina).get("/api/v1/search/?q=orders").json()
    assert {"Rollout", "Service"} <= {hit["kind"] for hit in found}


def test_theme_is_kept_and_forgotten_without_scripts() -> None:
    client = Client()
    answer = client.post("/theme/", {"theme": "dark"}, headers={"referer": "http://testserver/services/"})
    assert answer["Location"] == "http://testserver/services/"
    assert client.cookies["theme"].value == "dark"
    assert 'data-theme="dark"' in client.get("/accounts/login/").content.decode()
    client.post("/theme/", {"theme": "system"})
    assert "data-theme" not in client.get("/accounts/login/").content.decode()


def test_theme_never_leads_elsewhere() -> None:
    answer = Client().post("/theme/", {"theme": "light"}, headers={"referer": "https://evil.test/"})
    assert answer["Location"] == "/"
    assert Client().post("/theme/", {"theme": "red"}).status_code == 400


def test_series_answer_for_each_metric_gate_of_the_stage(there: World) -> None:
    ready(there)
    answer = signed_in(there.mina).get("/api/v1/rollouts/orders-v3/series/")
    assert answer.status_code == 200
    for found in answer.json():
        assert {"gate", "limit", "new", "old", "marks", "figure"} <= set(found)


def test_series_of_a_private_rollout_are_not_there_for_others(there: World) -> None:
    row = rollout(there)
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    stranger = signed_in(person("eve@example.test"))
    assert stranger.get("/api/v1/rollouts/orders-v3/series/").status_code == 404
