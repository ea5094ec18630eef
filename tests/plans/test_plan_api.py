"""The plan over the API: YAML or JSON, checked, saved, compared."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from rollouts.accounts.models import Person
from rollouts.plans.models import Rollout
from tests.decisions.factories import World, plan_text, world

pytestmark = pytest.mark.django_db
PLAN = "/api/v1/rollouts/orders-v3/plan/"


@pytest.fixture
def there() -> World:
    return world()


def client(person: Person) -> APIClient:
    made = APIClient()
    made.force_authenticate(person)
    return made


def put(there: World, text: str | None = None, *, who: Person | None = None, **headers: str) -> Any:
    body = plan_text() if text is None else text
    return client(who or there.mina).generic("PUT", PLAN, body, "application/yaml", headers=headers)


def test_a_plan_is_saved_as_yaml_and_read_as_it_was_written(there: World) -> None:
    made = put(there)
    assert made.status_code == 201
    assert (made.json()["number"], made.json()["state"], made.json()["author"]) == (
        1,
        "draft",
        str(there.mina),
    )
    read = client(there.mina).get(PLAN, headers={"accept": "application/yaml"})
    assert read.content == plan_text().encode()
    assert read["ETag"] == f'"{made.json()["digest"]}"'
    assert read["Gatehouse-Revision"] == "1"
    assert put(there).status_code == 200


def test_a_plan_is_read_and_saved_as_json(there: World) -> None:
    put(there)
    document = client(there.mina).get(PLAN).json()
    document["stages"][0]["bake"] = "5m"
    made = client(there.mina).put(PLAN, document, format="json")
    assert (made.status_code, made.json()["number"]) == (201, 2)
    read = client(there.mina).get(PLAN, {"revision": 2}, headers={"accept": "application/yaml"})
    assert b"bake: 5m" in read.content
    assert client(there.mina).get(PLAN, {"revision": 1}).json()["stages"][0]["bake"] == "0s"


def test_every_problem_is_in_the_answer(there: World) -> None:
    answer = put(there, plan_text().replace('to: "3.0.0"', "to: 3.10").replace("bake: 0s", "bkae: 0s", 1))
    assert answer.status_code == 422
    assert answer.json()["code"] == "unsound"
    assert [one["path"] for one in answer.json()["problems"]] == [
        "/changes/0/to", "/stages/0/bake", "/stages/0/bkae",
    ]  # fmt: skip
    assert not Rollout.objects.exists()


def test_who_may_not_save_is_told_what_would_be_needed(there: World) -> None:
    answer = put(there, who=there.priya)
    assert answer.status_code == 403
    assert answer.json()["remedy"]
    assert not Rollout.objects.exists()


def test_an_outdated_edit_is_refused(there: World) -> None:
    digest = put(there).json()["digest"]
    assert put(there, plan_text(quorum=2), if_match=f'"{digest}"').status_code == 201
    assert put(there, plan_text(quorum=3), if_match=f'"{digest}"').status_code == 412


def test_a_private_plan_is_not_there_for_others(there: World) -> None:
    put(there)
    Rollout.objects.update(visibility="private")
    stranger = Person.objects.create_user("stranger@example.test", name="Stranger")
    for path in (PLAN, f"{PLAN}revisions/", f"{PLAN}waves/", f"{PLAN}differences/?old=1"):
        assert client(stranger).get(path).status_code == 404
        assert APIClient().get(path).status_code == 401
    assert put(there, who=stranger).status_code == 404


def test_revisions_differences_and_waves_are_read(there: World) -> None:
    put(there)
    put(there, plan_text(quorum=2))
    mina = client(there.mina)
    assert [one["number"] for one in mina.get(f"{PLAN}revisions/").json()] == [2, 1]
    compared = mina.get(f"{PLAN}differences/", {"old": 1}).json()
    (one,) = compared["differences"]
    assert (one["where"], one["was"], one["now"]) == (
        "Stage 2 half, entry gate approval-half, quorum",
        "1",
        "2",
    )
    assert compared["text"].startswith("--- revision 1\n+++ revision 2")
    assert mina.get(f"{PLAN}differences/").status_code == 400
    assert mina.get(f"{PLAN}waves/").json()[0]["changes"] == ["orders"]


def test_a_document_is_checked_without_being_saved(there: World) -> None:
    answer = client(there.priya).generic("POST", "/api/v1/plans/check/", plan_text(), "application/yaml")
    assert answer.json()["valid"] is True
    answer = client(there.priya).post("/api/v1/plans/check/", {"kind": "Plan"}, format="json")
    assert answer.json()["valid"] is False
    assert not Rollout.objects.exists()


def test_the_schema_is_public(there: World, client: Any) -> None:
    answer = client.get("/schemas/plan/v1.json")
    assert answer["Content-Type"] == "application/schema+json"
    assert json.loads(answer.content)["properties"]["apiVersion"] == {
        "const": "gatehouse/v1",
        "description": "The version of this schema.",
    }
    assert "policies" in client.get("/schemas/catalog/v1.json").json()["properties"]
