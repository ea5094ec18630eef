"""Freezes: declared and lifted by page and API, logged, and in force at the door."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Membership, Person
from rollouts.audit.models import Content, Event
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze
from rollouts.plans.queries import freezes_in_force
from tests.accounts.factories import person, team
from tests.decisions.factories import World, rollout, world

pytestmark = pytest.mark.django_db
API = "/api/v1/freezes/"


@pytest.fixture
def there() -> World:
    return world()


@pytest.fixture
def admin() -> Person:
    return person("ada@example.test", staff=True)


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def given(**changed: Any) -> dict[str, Any]:
    now = database_now()
    return {
        "name": "Peak trade",
        "team": "orders",
        "environment": "production",
        "services": "orders",
        "starts": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "ends": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "zone": "UTC",
    } | changed


def body(**changed: Any) -> dict[str, Any]:
    return given(services=["orders"]) | changed


def post(who: Person, **changed: Any) -> Any:
    return signed_in(who).post(API, body(**changed), content_type="application/json")


def test_a_team_freezes_what_it_owns_and_lifts_it(there: World) -> None:
    client = signed_in(there.mina)
    assert client.post("/freezes/new/", given()).status_code == 302
    row = Freeze.objects.get()
    changing = rollout(there)
    assert freezes_in_force(changing, database_now()) == [row]
    page = client.get("/freezes/").content.decode()
    assert "Peak trade" in page
    assert "In force" in page
    assert client.post(f"/freezes/{row.pk}/", given(name="Peak days")).status_code == 302
    client.post(f"/freezes/{row.pk}/lift/")
    assert freezes_in_force(changing, database_now()) == []
    kinds = [event.kind for event in Event.objects.newest("policy:production")]
    assert sorted(kinds) == ["plans.freeze_changed", "plans.freeze_declared", "plans.freeze_lifted"]
    event = Event.objects.newest("policy:production")[0]
    assert "Peak days of Production" in Content.objects.get(event_id=event.pk).body["content"]["sentence"]


@pytest.mark.parametrize("wider", [{"services": ""}, {"services": "", "environment": ""}])
def test_what_reaches_further_is_for_administrators(
    there: World, admin: Person, wider: dict[str, str]
) -> None:
    answer = signed_in(there.mina).post("/freezes/new/", given(**wider))
    assert answer.status_code == 422
    assert "A team freezes services that it owns" in answer.content.decode()
    assert signed_in(admin).post("/freezes/new/", given(**wider)).status_code == 302
    row = Freeze.objects.get()
    assert signed_in(there.mina).post(f"/freezes/{row.pk}/lift/").status_code == 302
    row.refresh_from_db()
    assert row.lifted_at is None


def test_a_right_that_was_taken_meanwhile_is_refused(there: World) -> None:
    made = post(there.mina)
    assert made.status_code == 201
    Membership.objects.filter(person=there.mina).delete()
    address = f"{API}{made.json()['id']}/"
    assert signed_in(there.mina).delete(address).status_code == 403
    assert signed_in(there.mina).put(address, body(), content_type="application/json").status_code == 403


def test_a_team_does_not_freeze_the_services_of_another(there: World) -> None:
    team("finance", planner=[there.mina])
    assert post(there.mina, team="finance").status_code == 403


def test_local_times_are_resolved_and_shown_in_their_zone(there: World, admin: Person) -> None:
    made = post(there.mina, starts="2027-07-01T00:00", ends="2027-07-03T00:00", zone="Europe/Berlin").json()
    assert made["starts_at"] == "2027-06-30T22:00:00Z"
    page = signed_in(there.mina).get(f"/freezes/{made['id']}/").content.decode()
    assert "2027-07-01T00:00" in page


@pytest.mark.parametrize(
    ("changed", "field", "says"),
    [
        ({"starts": "2027-03-28T02:30", "zone": "Europe/Berlin"}, "starts", "clocks skip it"),
        ({"ends": "2020-01-01T00:00"}, "ends", "ends before it begins"),
        ({"zone": "Mars/Base"}, "zone", "no zone"),
        ({"services": ["ordres"]}, "services", "no service named ordres"),
        ({"environment": "moon"}, "environment", "no environment named moon"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    there: World, changed: dict[str, Any], field: str, says: str
) -> None:
    answer = post(there.mina, **changed)
    assert answer.status_code == 422
    assert says in answer.json()["errors"][field][0]
    services = ",".join(changed.get("services", ["orders"]))
    page = signed_in(there.mina).post("/freezes/new/", given(**changed) | {"services": services})
    assert page.status_code == 422
    assert not Freeze.objects.exists()


def test_the_api_lists_reads_changes_and_lifts(there: World) -> None:
    made = post(there.mina).json()
    address = f"{API}{made['id']}/"
    client = signed_in(there.mina)
    assert client.get(API).json()["results"][0]["name"] == "Peak trade"
    assert client.put(address, body(absolute=True), content_type="application/json").json()["absolute"]
    assert client.get(address).json()["services"] == ["orders"]
    assert client.delete(address).json()["lifted_at"] is not None
    assert signed_in(there.priya).get(API).status_code == 200


def test_a_freeze_that_is_sent_again_under_its_key_is_declared_once(there: World) -> None:
    client, sent = signed_in(there.mina), body()
    key = {"Idempotency-Key": "k1"}
    first, again = (client.post(API, sent, content_type="application/json", headers=key) for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    other = client.post(API, {**sent, "name": "Another"}, content_type="application/json", headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert Freeze.objects.count() == 1
