"""Visible means chosen: one table over HTML, JSON, feed and OFREP."""

from datetime import timedelta

import pytest
from django.test import Client

from rollouts.audit.values import SYSTEM, Face
from rollouts.engines.services import issue_token
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages import services
from tests.accounts.factories import person, team
from tests.engines.factories import service
from tests.statuspages.factories import follow, public_rollout, world

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/status/main/orders-v3/"
DOCUMENTS = ("", "status.json", "feed.atom", "feedback/")
INDEXES = ("/status/", "/status/main/", "/status/main/status.json", "/status/main/feed.atom")


def opened(client: Client, key: str = "") -> list[bool]:
    query = f"?key={key}" if key else ""
    return [client.get(f"{PAGE}{document}{query}").status_code == 200 for document in DOCUMENTS]


def link(days: float = 1) -> str:
    return services.make_link(
        rollout="orders-v3",
        expires_at=database_now() + timedelta(days=days),
        actor=SYSTEM,
        face=Face.COMMAND,
    )


@pytest.mark.parametrize("visibility", ["private", "internal", "link", "public"])
def test_outsiders_see_what_was_chosen_and_nothing_else(visibility: str) -> None:
    public_rollout(visibility=visibility)
    listed = visibility == "public"
    for client in (Client(), signed_in()):
        assert opened(client) == [listed] * 4
        assert opened(client, "ghl_wrong") == [listed] * 4
        for index in INDEXES:
            assert ("orders-v3" in client.get(index).content.decode()) is listed


def signed_in() -> Client:
    client = Client()
    client.force_login(person("stranger@example.test"))
    return client


def test_a_link_opens_every_document_until_it_is_revoked_or_replaced() -> None:
    public_rollout(visibility="link")
    client = Client()
    first = link()
    follow()
    assert opened(client, first) == [True] * 4
    page = client.get(f"{PAGE}?key={first}")
    assert page["Cache-Control"] == "private, no-store"
    assert page["X-Robots-Tag"] == "noindex"
    assert f'href="feed.atom?key={first}"' in page.content.decode()
    second = link()
    follow()
    assert opened(client, first) == [False] * 4
    assert opened(client, second) == [True] * 4
    services.revoke_link(rollout="orders-v3", actor=SYSTEM, face=Face.COMMAND)
    follow()
    assert opened(client, second) == [False] * 4
    assert opened(client, "") == [False] * 4


def test_a_link_ends_by_itself_and_the_log_never_holds_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    public_rollout(visibility="link")
    key = link(days=2)
    follow()
    assert opened(Client(), key) == [True] * 4
    from rollouts.audit import queries as audit
    from rollouts.statuspages import letters

    assert all(key not in str(event.content) for event in audit.events("rollout:orders-v3"))
    later = database_now() + timedelta(days=3)
    monkeypatch.setattr("rollouts.statuspages.answering.time.time", later.timestamp)
    monkeypatch.setattr(letters, "database_now", lambda: later)
    assert opened(Client(), key) == [False] * 4


def test_a_key_opens_nothing_once_the_rollout_is_private_again() -> None:
    public_rollout(visibility="link")
    key = link()
    follow()
    Rollout.objects.update(visibility="private")
    services.post_update(
        rollout="orders-v3", text="Inside.", public=True, author=world().mina, face=Face.PAGE
    )
    follow()
    assert opened(Client(), key) == [False] * 4
    assert "orders-v3" not in Client().get("/status/").content.decode()


@pytest.mark.parametrize(
    ("visibility", "outsider", "insider"),
    [("private", 404, 200), ("internal", 200, 200), ("link", 200, 200), ("public", 200, 200)],
)
def test_the_desk_opens_to_those_who_may_see_the_rollout(
    visibility: str, outsider: int, insider: int
) -> None:
    there = world()
    public_rollout(visibility=visibility)
    stranger, member = signed_in(), Client()
    member.force_login(there.priya)
    for path in ("public-preview/", "updates/", "feedback/"):
        address = f"/rollouts/orders-v3/{path}"
        assert Client().get(address).status_code == 302
        assert stranger.get(address).status_code == outsider
        assert member.get(address).status_code == insider
    for path in ("updates/", "feedback/"):
        address = f"/api/v1/rollouts/orders-v3/{path}"
        assert Client().get(address).status_code in (401, 403)
        assert stranger.get(address).status_code == outsider
        assert member.get(address).status_code == insider


@pytest.mark.parametrize("visibility", ["private", "internal", "link", "public"])
def test_flags_answer_every_token_and_name_private_rollouts_to_nobody_outside(visibility: str) -> None:
    public_rollout(visibility=visibility)
    path = "/ofrep/v1/evaluate/flags/orders-v3"
    body = {"context": {"targetingKey": "customer-1"}}
    assert Client().post(path, body, content_type="application/json").status_code == 401
    outside = service("checkout", of=team("checkout"))
    named = {}
    for caller in (world().orders, outside):
        _token, plain = issue_token(service=caller, actor=SYSTEM, face=Face.COMMAND)
        headers = {"Authorization": f"Bearer {plain}"}
        answer = Client().post(path, body, content_type="application/json", headers=headers).json()
        assert answer["reason"] == "SPLIT"
        named[caller.slug] = "rollout" in answer["metadata"]
    assert named == {"orders": True, "checkout": visibility != "private"}
