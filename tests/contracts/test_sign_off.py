"""Signing off how ready a consumer is: page and API, who may, what is logged, and no second truth."""

from datetime import timedelta
from typing import Any

import pytest

from rollouts.accounts.models import Membership, Person
from rollouts.audit.models import Event
from rollouts.audit.services import read
from rollouts.contracts.models import Consumer, ContractVersion, Statement
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.contracts.papers import House, house, put, relies, signed_in

pytestmark = pytest.mark.django_db
PAGE = "/contracts/orders-api/readiness/"
SIGN = f"{PAGE}shipping/"
API = "/api/v1/contracts/orders-api/readiness/"


@pytest.fixture
def there() -> House:
    made = house()
    ContractVersion.objects.create(contract=made.contract, version="3.0.0", state="draft")
    return made


def post(who: Person, **changed: Any) -> Any:
    body = {"service": "shipping", "version": "3.0.0", "readiness": "ready", **changed}
    return signed_in(who).post(API, body, content_type="application/json")


def test_the_consumers_team_signs_off_on_the_page_and_it_counts(there: House) -> None:
    assert "1 of 1 is not ready: Shipping." in signed_in(there.mina).get(PAGE).content.decode()
    given = {"readiness": "ready", "note": "looked at staging", "until": str(database_now().date())}
    answer = signed_in(there.tomas).post(f"{SIGN}?version=3.0.0", given)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PAGE}?version=3.0.0")
    row = Statement.objects.get()
    assert (row.readiness, row.source, row.by_name, row.note) == (
        "ready",
        "sign_off",
        "Tomas",
        "looked at staging",
    )
    assert row.expires_at.date() == database_now().date() + timedelta(days=1)
    shown = signed_in(there.mina).get(PAGE).content.decode()
    assert "Its 1 consumer is ready." in shown
    assert "looked at staging" in shown


def test_it_is_logged_with_the_one_whom_it_concerns(there: House) -> None:
    assert post(there.tomas, readiness="not_ready", note="no time").status_code == 201
    event = Event.objects.newest("service:orders").first()
    assert event is not None
    told = read(event.pk)
    assert told.kind == "contracts.readiness"
    assert told.content["sentence"] == "Tomas signed off that Shipping is “not ready” for Orders API 3.0.0."
    assert (told.content["service"], told.content["readiness"]) == ("shipping", "not_ready")


def test_the_provider_does_not_sign_for_its_consumer(there: House) -> None:
    answer = post(there.mina)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "Only Shipping says how ready Shipping is." in answer.json()["detail"]
    shown = signed_in(there.mina).get(f"{SIGN}?version=3.0.0").content.decode()
    assert "Only planners, approvers and admins of Shipping" in shown
    assert "Save" not in shown
    assert signed_in(there.mina).post(f"{SIGN}?version=3.0.0", {"readiness": "ready"}).status_code == 422
    assert not Statement.objects.exists()


@pytest.mark.parametrize(
    ("role", "may"), [("approver", True), ("admin", True), ("viewer", False), ("breaker", False)]
)
def test_who_may_sign(there: House, role: str, may: bool) -> None:
    one = person("ivan@example.test")
    Membership.objects.create(team=Consumer.objects.get().service.team, person=one, role=role)
    assert post(one).status_code == (201 if may else 403)


def test_the_same_again_changes_nothing_and_another_word_stands_beside_it(there: House) -> None:
    assert [post(there.tomas).status_code for _ in range(2)] == [201, 201]
    assert Statement.objects.count() == 1
    found = post(there.tomas, readiness="testing").json()
    assert found["standing"]["readiness"] == "testing"
    assert [each["readiness"] for each in found["others"]] == ["ready"]


def test_unknown_takes_back_what_was_said(there: House) -> None:
    post(there.tomas)
    assert post(there.tomas, readiness="unknown").json()["standing"]["readiness"] == "unknown"


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"version": "9.9"}, "no_version", 409),
        ({"until": "2020-01-01"}, "until_passed", 422),
        ({"until": "2999-01-01"}, "until_far", 422),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    there: House, changed: dict[str, str], code: str, status: int
) -> None:
    answer = post(there.tomas, **changed)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]
    assert not Statement.objects.exists()


def test_a_day_that_is_over_is_told_beside_its_field(there: House) -> None:
    answer = signed_in(there.tomas).post(
        f"{SIGN}?version=3.0.0", {"readiness": "ready", "until": "2020-01-01"}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"until": ["2020-01-01 is over. Name today or a later day."]}


def test_who_does_not_rely_on_it_has_nothing_to_sign(there: House) -> None:
    assert post(there.tomas, service="orders").status_code == 404
    assert signed_in(there.tomas).get(f"{PAGE}orders/").status_code == 404


def test_there_is_one_truth_on_every_face(there: House) -> None:
    """List, page, API and advice say what counts, not what is declared."""
    assert put(there.tomas, "consumers/shipping/", uses=">=2 <3", readiness="not_ready").status_code == 200
    post(there.tomas, readiness="migrated")
    client = signed_in(there.tomas)
    told = client.get("/api/v1/contracts/orders-api/").json()["consumers"][0]
    assert (told["readiness"], told["declared_readiness"], told["next_version"]) == (
        "migrated", "not_ready", "3.0.0"
    )  # fmt: skip
    assert told["standing"]["source"] == "sign_off"
    assert told["standing"]["contradicted"].startswith("The sign-off of ")
    listed = client.get("/api/v1/contracts/").json()["results"][0]["consumers"][0]
    assert listed["readiness"] == "migrated"
    assert "not all ready" not in client.get("/contracts/").content.decode()
    assert client.get("/api/v1/contracts/orders-api/versions/2.1/end/").json()["consumers_left"] == []
    for page in ("/contracts/orders-api/", "/services/orders/", "/services/shipping/"):
        assert "Migrated" in client.get(page).content.decode(), page


def test_a_declaration_is_for_the_version_that_was_newest_then(there: House) -> None:
    put(there.tomas, "consumers/shipping/", uses=">=2", readiness="migrated")
    assert Consumer.objects.get().readiness_for == "3.0.0"
    ContractVersion.objects.create(contract=there.contract, version="4.0.0", state="draft")
    told = signed_in(there.tomas).get(API, {"version": "4.0.0"}).json()["consumers"][0]
    assert told["standing"]["readiness"] == "unknown"
    told = signed_in(there.tomas).get(API, {"version": "3.0.0"}).json()["consumers"][0]
    assert (told["standing"]["readiness"], told["standing"]["source"]) == ("migrated", "declared")
    assert told["standing"]["at"]


def test_who_left_for_a_version_has_left_the_older_ones_also_when_a_newer_one_comes(there: House) -> None:
    post(there.tomas, readiness="migrated")
    ContractVersion.objects.create(contract=there.contract, version="4.0.0", state="draft")
    told = signed_in(there.tomas).get("/api/v1/contracts/orders-api/versions/2.1/end/").json()
    assert told["consumers_left"] == []


def test_the_page_takes_as_many_queries_for_one_consumer_as_for_many(
    there: House, django_assert_max_num_queries: Any
) -> None:
    client = signed_in(there.tomas)
    with django_assert_max_num_queries(30) as few:
        client.get(PAGE)
    for number in range(5):
        relies(there.contract, f"web-{number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(PAGE)
