"""Approval policies and delegations by page and API: audited, and only by those who may."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.approvals.models import Delegation, Policy
from rollouts.approvals.queries import delegators_of
from rollouts.audit.models import Content, Event
from rollouts.catalog.models import Environment
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db
PAGE = "/policies/production/"
API = "/api/v1/policies/production/"


@pytest.fixture
def admin() -> Person:
    Environment.objects.create(slug="production", name="Production", production=True)
    team("orders", planner=[person("mina@example.test")])
    return person("ada@example.test", staff=True)


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def put(who: Person, **body: Any) -> Any:
    return signed_in(who).put(API, body, content_type="application/json")


def test_a_policy_is_edited_on_its_page_and_audited_once(admin: Person) -> None:
    client = signed_in(admin)
    assert "the default holds" in client.get("/policies/").content.decode()
    given = {"quorum": 2, "roles": ["approver", "breaker"], "required_teams": ["orders"], "expires": "36h"}
    for _ in range(2):
        assert client.post(PAGE, given).status_code == 302
    row = Policy.objects.get()
    assert (row.quorum, row.roles, row.required_teams) == (2, ["approver", "breaker"], ["orders"])
    assert row.expires_after == timedelta(hours=36)
    (event,) = Event.objects.newest("policy:production")
    assert event.kind == "approvals.policy_set"
    assert 'value="1d12h"' in client.get(PAGE).content.decode()
    assert "2 people" in client.get("/policies/").content.decode()


def test_an_edit_says_what_was_and_what_is(admin: Person) -> None:
    put(admin, quorum=2)
    put(admin, quorum=3, expires="24h")
    event = Event.objects.newest("policy:production")[0]
    sentence = Content.objects.get(event_id=event.pk).body["content"]["sentence"]
    assert "quorum: 2 → 3" in sentence


def test_only_administrators_edit_policies(admin: Person) -> None:
    mina = person("mina@example.test")
    assert "Only administrators" in signed_in(mina).get(PAGE).content.decode()
    assert signed_in(mina).post(PAGE, {"quorum": 1, "roles": ["viewer"]}).status_code == 422
    assert put(mina, quorum=1).status_code == 403
    assert not Policy.objects.exists()
    Person.objects.filter(pk=admin.pk).update(is_staff=False)
    assert put(admin, quorum=1).status_code == 403


def test_the_api_reads_and_sets_policies(admin: Person) -> None:
    assert signed_in(admin).get(API).json()["quorum"] == 1
    assert put(admin, quorum=2, teams=["orders"], expires="5d").json()["what"] == "added"
    assert signed_in(admin).get("/api/v1/policies/").json() == [
        {
            "environment": "production",
            "quorum": 2,
            "roles": ["approver"],
            "teams": ["orders"],
            "required_teams": [],
            "expires": "5d",
        }
    ]
    wrong = put(admin, quorum=0, expires="soon", teams=["nobody"])
    assert wrong.status_code == 422
    assert {one["path"] for one in wrong.json()["problems"]} == {"/quorum", "/expires"}


def test_a_vote_is_delegated_by_page_and_ended(admin: Person) -> None:
    mina = person("mina@example.test")
    client = signed_in(mina)
    until = f"{database_now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    assert client.post("/delegations/", {"delegate": admin.email, "ends_at": until}).status_code == 302
    row = Delegation.objects.get()
    assert delegators_of(admin.pk, database_now()) == [mina.pk]
    assert "Ada" in client.get("/delegations/").content.decode()
    client.post(f"/delegations/{row.pk}/end/")
    assert delegators_of(admin.pk, database_now()) == []
    kinds = [event.kind for event in Event.objects.newest("settings")]
    assert sorted(kinds) == ["approvals.delegated", "approvals.delegation_ended"]


@pytest.mark.parametrize("given", [{"delegate": "mina@example.test"}, {"ends_at": "2020-01-01T00:00"}])
def test_a_delegation_that_makes_no_sense_is_refused(admin: Person, given: dict[str, str]) -> None:
    mina = person("mina@example.test")
    until = f"{database_now() + timedelta(days=3):%Y-%m-%dT%H:%M}"
    body = {"delegate": admin.email, "ends_at": until} | given
    assert signed_in(mina).post("/delegations/", body).status_code == 422
    answer = signed_in(mina).post("/api/v1/delegations/", body, content_type="application/json")
    assert answer.status_code == 422
    assert not Delegation.objects.exists()


def test_nobody_ends_the_delegation_of_others(admin: Person) -> None:
    mina, tomas = person("mina@example.test"), person("tomas@example.test")
    body = {"delegate": admin.email, "ends_at": (database_now() + timedelta(days=1)).isoformat()}
    made = signed_in(mina).post("/api/v1/delegations/", body, content_type="application/json")
    assert made.status_code == 201
    address = f"/api/v1/delegations/{made.json()['id']}/"
    assert signed_in(tomas).delete(address).status_code == 403
    assert signed_in(admin).delete(address).json()["ended_at"] is not None
    assert signed_in(mina).get("/api/v1/delegations/").json() == []


def test_a_delegation_that_is_sent_again_under_its_key_is_made_once(admin: Person) -> None:
    client = signed_in(person("mina@example.test"))
    until = f"{database_now() + timedelta(days=3):%Y-%m-%dT%H:%M}Z"
    answers = [
        client.post(
            "/api/v1/delegations/",
            {"delegate": admin.email, "ends_at": until},
            content_type="application/json",
            headers={"Idempotency-Key": "k1"},
        )
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Delegation.objects.count() == 1
