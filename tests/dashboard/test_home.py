"""What needs a person, and the rollouts in rows, at a constant number of queries."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.decisions.machine.values import Action
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, decide, ready, rollout, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


def test_empty_home_says_so(there: World) -> None:
    text = signed_in(there.jonas).get("/").content.decode()
    assert "Nothing needs you" in text
    assert "No rollout is under way here" in text


def test_vote_is_asked_for_until_it_is_given(there: World) -> None:
    rollout(there)
    decide(there.mina, Action.PROPOSE)
    assert "Orders v3: approve revision 1" in signed_in(there.priya).get("/").content.decode()
    assert "approve revision 1" not in signed_in(there.mina).get("/").content.decode()
    decide(there.priya, Action.APPROVE)
    assert "approve revision 1" not in signed_in(there.priya).get("/").content.decode()
    assert "Start Orders v3" in signed_in(there.mina).get("/").content.decode()


def test_halted_rollout_needs_its_approvers(there: World) -> None:
    ready(there)
    decide(there.priya, Action.HALT)
    assert "Orders v3 is halted" in signed_in(there.priya).get("/").content.decode()
    assert "Orders v3 is halted" not in signed_in(person("eve@example.test")).get("/").content.decode()


@pytest.mark.parametrize("path", ["/?show=all", "/rollouts/"])
def test_private_rollouts_of_others_are_not_listed(there: World, path: str) -> None:
    row = rollout(there)
    eve = signed_in(person("eve@example.test"))
    assert "Orders v3" in eve.get(path).content.decode()
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    assert "Orders v3" not in eve.get(path).content.decode()
    assert "Orders v3" in signed_in(there.mina).get(path).content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=draft", True),
        ("state=halted", False),
        ("team=orders&environment=production", True),
        ("service=orders", True),
        ("state=nonsense", True),
    ],
)
def test_list_is_narrowed(there: World, query: str, found: bool) -> None:
    rollout(there)
    text = signed_in(there.mina).get(f"/rollouts/?{query}").content.decode()
    assert ('href="/rollouts/orders-v3/"' in text) is found


def test_list_goes_page_by_page(there: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rollouts.dashboard.listing.PAGE", 2)
    for number in range(3):
        rollout(there, f"orders-{number}")
    client = signed_in(there.mina)
    assert "Page 1 of 2" in client.get("/rollouts/").content.decode()
    assert 'href="/rollouts/orders-0/"' in client.get("/rollouts/?page=2").content.decode()


@pytest.mark.parametrize("path", ["/", "/rollouts/"])
def test_number_of_queries_does_not_grow_with_rows(
    there: World, path: str, django_assert_num_queries: Any
) -> None:
    for number in range(2):
        rollout(there, f"orders-{number}")
        decide(there.mina, Action.PROPOSE, f"orders-{number}")
    client = signed_in(there.priya)
    client.get(path)
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(2, 30):
        rollout(there, f"orders-{number}")
        decide(there.mina, Action.PROPOSE, f"orders-{number}")
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(path)
