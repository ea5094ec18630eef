"""The agenda of an integration review, from plan, contracts, other rollouts, gates, freezes and risks."""

from datetime import timedelta
from typing import Any

import pytest

from rollouts.contracts.models import Consumer
from rollouts.decisions.machine.values import Action
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze, Risk
from tests.accounts.factories import person
from tests.decisions.factories import decide, running
from tests.plans.ordering import Shop, page, saved, shop

pytestmark = pytest.mark.django_db(transaction=True)

GATE = {
    "name": "drill",
    "kind": "checklist",
    "settings": {"items": [{"name": "done", "title": "Tried the way back"}]},
}

MEASURED = {
    "name": "errors",
    "kind": "metric",
    "settings": {"judge": "limit", "signal": "errors", "service": "orders", "limit": "1 %"},
}


def reviewed(made: Shop) -> None:
    """A proposed rollout whose order breaks shipping, beside another that holds the service."""
    running(made.there, "orders-v2")
    saved(made.there, "orders", "shipping", risks=[{"id": "late", "title": "A consumer nobody knows"}])
    over: dict[str, Any] = {"override": ("orders before shipping",), "reason": "A copy."}
    decide(made.there.mina, Action.PROPOSE, **over)


def topics(there: Any, slug: str = "orders-v3") -> dict[str, Any]:
    found = page(there).get(f"/api/v1/rollouts/{slug}/agenda/").json()
    return {topic["name"]: topic for topic in found}


def test_every_heading_is_there_with_what_is_open() -> None:
    made = shop()
    reviewed(made)
    now = database_now()
    Freeze.objects.create(
        name="Peak",
        team=made.there.owners,
        starts_at=now + timedelta(days=1),
        ends_at=now + timedelta(days=2),
    )
    found = topics(made.there)
    assert list(found) == ["changes", "consumers", "conflicts", "evidence", "freezes", "risks"]
    assert [item["title"] for item in found["changes"]["items"]] == ["Wave 1: shipping", "Wave 2: orders"]
    (consumer,) = found["consumers"]["items"]
    assert consumer["title"] == "shipping: orders-api 3.0.0"
    assert consumer["tone"] in ("wait", "stop")
    titles = [item["title"] for item in found["conflicts"]["items"]]
    assert "The order breaks shipping" in titles
    assert "Orders v3" in titles  # the other rollout, which holds the service
    assert [item["title"] for item in found["freezes"]["items"]] == ["Peak"]
    assert found["risks"]["items"][0]["todo"] == "Ask Orders."
    assert found["risks"]["open"] == 1


def test_what_is_settled_is_not_open() -> None:
    made = shop()
    saved(made.there, "shipping", "orders", risks=[{"id": "late", "title": "Late"}])
    decide(made.there.mina, Action.PROPOSE)
    Consumer.objects.update(readiness="migrated", readiness_for="3.0.0")
    Risk.objects.update(state="closed")
    found = topics(made.there)
    assert [topic["open"] for topic in found.values()] == [0, 0, 0, 0, 0, 0]


def test_what_people_have_to_bring_is_missing_and_what_is_measured_later_is_not() -> None:
    made = shop()
    guards = {"entry": ["drill"], "exit": ["errors"]}
    stages = [{"name": "all", "exposure": {"percent": 100}, "bake": "0s", "gates": guards}]
    row = saved(
        made.there,
        "orders",
        slug="gated",
        changes=[{"service": "orders"}],
        gates=[GATE, MEASURED],
        stages=stages,
    )
    decide(made.there.mina, Action.PROPOSE, row.slug)
    (item,) = topics(made.there, "gated")["evidence"]["items"]
    assert item["title"] == "Stage 1: Drill"
    assert item["tone"] == "wait"


def test_the_page_is_found_from_the_rollout_and_can_be_read() -> None:
    made = shop()
    reviewed(made)
    client = page(made.there)
    assert 'href="/rollouts/orders-v3/agenda/"' in client.get("/rollouts/orders-v3/").content.decode()
    shown = client.get("/rollouts/orders-v3/agenda/").content.decode()
    for words in ("1. What moves, in waves", "Whom it touches, and how ready", "points to settle", "To do:"):
        assert words in shown


def test_who_may_not_see_the_rollout_finds_no_agenda() -> None:
    made = shop()
    saved(made.there, "shipping", "orders")
    made.there.production.rollouts.update(visibility="private")
    stranger = page(made.there)
    stranger.force_login(person("nobody@example.test"))
    assert stranger.get("/rollouts/orders-v3/agenda/").status_code == 404
    assert stranger.get("/api/v1/rollouts/orders-v3/agenda/").status_code == 404
