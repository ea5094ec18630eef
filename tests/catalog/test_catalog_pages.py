"""The catalog by page: entries, rights as they are now, and a whole file with a preview."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from rollouts.accounts.models import Membership, Person, Team
from rollouts.audit.models import Content, Event
from rollouts.catalog.models import Environment, Service
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db
FILE = """apiVersion: gatehouse/v1
kind: Catalog
services:
  - {name: orders, team: orders, tier: 1, title: Orders}
  - {name: refunds, team: orders}
"""


@pytest.fixture
def planner() -> Person:
    made = person("mina@example.test")
    owners = team("orders", planner=[made], approver=[person("priya@example.test")])
    Service.objects.create(slug="orders", name="Orders", team=owners, tier=1)
    Service.objects.create(slug="baskets", name="Baskets", team=owners)
    return made


@pytest.fixture
def admin() -> Person:
    return person("ada@example.test", staff=True)


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def service(**changed: Any) -> dict[str, Any]:
    return {"name": "orders", "title": "Orders", "team": "orders", "tier": "1"} | changed


def test_a_service_is_described_on_its_page_and_logged_once(planner: Person) -> None:
    client = signed_in(planner)
    assert b"Owning team" in client.get("/catalog/services/orders/").content
    given = service(tier="2", runbook="https://runbooks.example.test/orders", slack_channel="#orders")
    for _ in range(2):
        answer = client.post("/catalog/services/orders/", given)
        assert (answer.status_code, answer["Location"]) == (302, "/services/orders/")
    row = Service.objects.get(slug="orders")
    assert (row.tier, row.slack_channel) == (2, "#orders")
    (event,) = Event.objects.newest("service:orders")
    body = Content.objects.get(event_id=event.pk).body
    assert "tier: 1 → 2" in body["content"]["sentence"]
    assert (body["face"], body["actor"]["id"]) == ("page", str(planner.pk))


def test_a_new_service_needs_a_name_that_is_free(planner: Person) -> None:
    client = signed_in(planner)
    assert client.post("/catalog/services/new/", service(name="refunds")).status_code == 302
    answer = client.post("/catalog/services/new/", service(name="orders", title="Taken"))
    assert answer.status_code == 422
    assert "orders exists already." in answer.content.decode()
    assert Service.objects.get(slug="orders").name == "Orders"


def test_what_is_wrong_stands_beside_its_field(planner: Person) -> None:
    answer = signed_in(planner).post("/catalog/services/orders/", service(slack_channel="not a channel"))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'id="id_slack_channel_error"' in page


def test_a_service_goes_and_comes_back(planner: Person) -> None:
    client = signed_in(planner)
    client.post("/catalog/services/orders/retire/")
    assert Service.objects.get(slug="orders").gone_at is not None
    page = client.get("/catalog/services/orders/").content.decode()
    assert "saving it brings it back" in page
    client.post("/catalog/services/orders/", service())
    assert Service.objects.get(slug="orders").gone_at is None


def test_those_who_may_not_see_the_form_without_a_button_and_are_refused(planner: Person) -> None:
    client = signed_in(person("priya@example.test"))
    page = client.get("/catalog/services/orders/").content.decode()
    assert "Only planners and admins of Orders describe this." in page
    assert ">Save<" not in page
    answer = client.post("/catalog/services/orders/", service(tier="4"))
    assert answer.status_code == 422
    assert "You may not change orders in services." in answer.content.decode()
    client.post("/catalog/services/orders/retire/")
    row = Service.objects.get(slug="orders")
    assert (row.tier, row.gone_at) == (1, None)
    assert not Event.objects.exists()


def test_a_right_that_was_taken_after_the_page_was_loaded_is_refused(planner: Person) -> None:
    client = signed_in(planner)
    client.get("/catalog/services/orders/")
    Membership.objects.filter(person=planner).delete()
    answer = client.post("/catalog/services/orders/", service(tier="4"))
    assert answer.status_code == 422
    assert Service.objects.get(slug="orders").tier == 1


def test_a_service_is_not_given_to_a_team_that_one_does_not_plan_for(planner: Person) -> None:
    team("finance")
    answer = signed_in(planner).post("/catalog/services/orders/", service(team="finance"))
    assert answer.status_code == 422
    assert Service.objects.get(slug="orders").team.slug == "orders"


@pytest.mark.parametrize(
    ("address", "given"),
    [
        ("/catalog/environments/new/", {"name": "canary", "title": "Canary", "order": 1}),
        ("/catalog/teams/new/", {"name": "finance", "title": "Finance", "slack_channel": "#finance"}),
    ],
)
def test_environments_and_teams_are_for_administrators(
    planner: Person, admin: Person, address: str, given: dict[str, Any]
) -> None:
    assert signed_in(planner).post(address, given).status_code == 422
    assert not Environment.objects.exists()
    assert signed_in(admin).post(address, given).status_code == 302
    assert Environment.objects.filter(slug="canary").exists() or Team.objects.filter(slug="finance").exists()
    assert Event.objects.count() == 1


def test_a_team_and_an_environment_are_described(admin: Person) -> None:
    team("orders")
    Environment.objects.create(slug="production", name="Production")
    client = signed_in(admin)
    client.post("/catalog/teams/orders/", {"title": "Order people", "slack_channel": "#orders"})
    client.post("/catalog/environments/production/", {"title": "Live", "order": 3, "production": "on"})
    assert Team.objects.get().name == "Order people"
    row = Environment.objects.get()
    assert (row.name, row.order, row.production) == ("Live", 3, True)


def test_a_file_says_what_it_would_change_before_it_does(planner: Person, admin: Person) -> None:
    client = signed_in(admin)
    upload = SimpleUploadedFile("catalog.yaml", FILE.encode())
    answer = client.post("/catalog/file/", {"preview": "1", "file": upload})
    page = answer.content.decode()
    assert "<b>baskets</b>" in page
    assert "<b>refunds</b>" in page
    assert Service.objects.count() == 2
    given = {"source": FILE, "previewed": answer.context["preview"].report.fingerprint, "apply": "1"}
    assert client.post("/catalog/file/", given).status_code == 302
    assert set(Service.objects.filter(gone_at=None).values_list("slug", flat=True)) == {"orders", "refunds"}


def test_a_file_is_not_applied_when_it_would_do_other_than_the_preview_said(
    planner: Person, admin: Person
) -> None:
    client = signed_in(admin)
    seen = client.post("/catalog/file/", {"preview": "1", "source": FILE}).context["preview"].report
    signed_in(planner).post("/catalog/services/new/", service(name="ledger"))
    answer = client.post("/catalog/file/", {"source": FILE, "previewed": seen.fingerprint, "apply": "1"})
    assert answer.status_code == 409
    assert "<b>ledger</b>" in answer.content.decode()
    assert not Service.objects.filter(slug="refunds").exists()
    assert Service.objects.get(slug="ledger").gone_at is None


def test_every_fault_of_a_file_has_its_line_and_what_to_write(admin: Person) -> None:
    text = FILE.replace("tier: 1", "tier: 9").replace("team: orders}", "taem: orders}")
    answer = signed_in(admin).post("/catalog/file/", {"preview": "1", "source": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Line 4" in page
    assert "Line 5" in page


def test_a_file_is_for_administrators(planner: Person) -> None:
    client = signed_in(planner)
    assert "Only administrators" in client.get("/catalog/file/").content.decode()
    answer = client.post("/catalog/file/", {"previewed": "", "apply": "1", "source": FILE})
    assert answer.status_code == 403
    assert not Service.objects.filter(slug="refunds").exists()


@pytest.mark.parametrize("many", [1, 30])
def test_the_first_page_asks_a_constant_number_of_queries(
    admin: Person, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(many):
        owners = team(f"team-{n}", planner=[admin])
        Environment.objects.create(slug=f"environment-{n}", name=f"Environment {n}", order=n)
        Service.objects.create(slug=f"service-{n}", name=f"Service {n}", team=owners)
    client = signed_in(admin)
    client.get("/catalog/")
    with django_assert_num_queries(8):
        assert client.get("/catalog/").status_code == 200
