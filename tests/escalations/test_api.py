"""Runs and policies over the API."""

import pytest
from rest_framework.test import APIClient

from rollouts.accounts.models import Person
from rollouts.escalations.models import EscalationPolicy
from tests.escalations import factories as f

pytestmark = pytest.mark.django_db
LEVELS = [{"wait_s": 300, "targets": [{"kind": "person", "name": "ruth@fernhill.example"}]}]


@pytest.fixture
def ruth() -> Person:
    return f.person("Ruth Adeyemi", role="planner")


def api(person: Person) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_a_run_is_listed_read_and_acknowledged_once_by_its_key(ruth: Person) -> None:
    f.policy(["person ruth@fernhill.example"], ["#orders"])
    f.halt(f.rollout())
    client, run = api(ruth), f.the_run()
    listed = client.get("/api/v1/escalations/?state=active&rollout=orders-v3").json()
    assert [each["name"] for each in listed["results"]] == [run.name]
    whole = client.get(f"/api/v1/escalations/{run.pk}/").json()
    assert whole["steps"][0]["reached"][0]["name"] == "Ruth Adeyemi"
    address = f"/api/v1/escalations/{run.pk}/acknowledge/"
    for _ in range(2):
        answer = client.post(address, {"note": "Mine."}, format="json", headers={"Idempotency-Key": "k1"})
        assert answer.status_code == 200
        assert answer.json()["acknowledged_name"] == "Ruth Adeyemi"
    refused = client.post(address, {}, format="json")
    assert refused.status_code == 409
    assert refused.json()["code"] == "already_acknowledged"


def test_the_next_level_is_called_from_the_level_that_was_seen(ruth: Person) -> None:
    f.policy(["person ruth@fernhill.example"], ["#orders"], ["#all"])
    f.halt(f.rollout())
    client, run = api(ruth), f.the_run()
    address = f"/api/v1/escalations/{run.pk}/next/"
    assert client.post(address, {"level": 1}, format="json").json()["level"] == 2
    assert client.post(address, {"level": 1}, format="json").json()["code"] == "changed"


def test_who_was_not_asked_may_not_answer(ruth: Person) -> None:
    f.policy(["person ruth@fernhill.example"])
    f.halt(f.rollout())
    client = api(f.person("Someone Else"))
    assert client.post(f"/api/v1/escalations/{f.the_run().pk}/acknowledge/").status_code == 403
    assert client.post("/api/v1/escalations/987654/acknowledge/").status_code == 404


def test_a_policy_is_made_read_edited_and_removed(ruth: Person) -> None:
    f.service()
    client = api(ruth)
    body = {"name": "Orders", "team": "orders", "levels": LEVELS, "services": ["orders"]}
    assert client.post("/api/v1/escalation-policies/", body, format="json").status_code == 201
    address = "/api/v1/escalation-policies/orders/"
    assert client.get(address).json()["services"] == ["orders"]
    assert client.put(address, body | {"repeat": 2}, format="json").json()["repeat"] == 2
    assert [each["slug"] for each in client.get("/api/v1/escalation-policies/").json()] == ["orders"]
    assert client.delete(address).status_code == 204
    assert not EscalationPolicy.objects.exists()


def test_a_policy_says_everything_to_mend_and_who_may_edit(ruth: Person) -> None:
    client = api(ruth)
    body = {"name": "Orders", "team": "orders", "levels": [{"wait_s": 0, "targets": []}]}
    answer = client.post("/api/v1/escalation-policies/", body, format="json")
    assert answer.status_code == 422
    assert len(answer.json()["problems"]) == 2
    stranger = api(f.person("Someone Else"))
    answer = stranger.post("/api/v1/escalation-policies/", body | {"levels": LEVELS}, format="json")
    assert answer.status_code == 403
