"""The list of services, and the page of one."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.health.models import Series, Source, Window
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.decisions.factories import World, rollout, running, world

pytestmark = pytest.mark.django_db


def signed_in(who: Person) -> Client:
    """A browser in which `who` is signed in."""
    client = Client()
    client.force_login(who)
    return client


@pytest.fixture
def there() -> World:
    return world()


def relied_on(there: World, name: str, *, readiness: str = "ready") -> Service:
    """A service with a contract of its own that also consumes the one of orders."""
    team = there.owners
    row = Service.objects.create(slug=name, name=name, team=team, tier=2)
    contract, _ = Contract.objects.get_or_create(
        slug="orders-api", defaults={"provider": there.orders, "name": "orders-api", "format": "openapi"}
    )
    ContractVersion.objects.get_or_create(contract=contract, version="3.0.0")
    own = Contract.objects.create(slug=f"{name}-api", provider=row, name=f"{name}-api", format="avro")
    ContractVersion.objects.create(contract=own, version="1.0.0")
    Consumer.objects.create(service=row, contract=contract, uses="3.x", readiness=readiness)
    Consumer.objects.create(service=there.orders, contract=own, uses="1.x")
    return row


def measured(there: World, service: Service, version: str, *, bad: int, total: int) -> None:
    """Five windows in which `bad` of `total` requests to a version failed."""
    now = database_now().replace(second=0, microsecond=0)
    source, _ = Source.objects.get_or_create(
        slug="prom",
        defaults={
            "name": "prom", "team": there.owners, "environment": there.production, "window_s": 60,
            "collected_through_at": now,
        },
    )  # fmt: skip
    series = Series.objects.create(
        source=source, service=service, environment=there.production, version=version,
        signal="errors", perspective="server",
    )  # fmt: skip
    for back in range(1, 6):
        at = now - timedelta(minutes=back)
        Window.objects.create(series=series, start_at=at, bad=bad, total=total)


def test_list_names_owner_consumers_and_rollouts(there: World) -> None:
    relied_on(there, "shipping")
    running(there)
    text = signed_in(there.mina).get("/services/").content.decode()
    assert 'href="/services/orders/"' in text
    assert there.owners.name in text
    assert 'href="/rollouts/orders-v3/"' in text
    assert "No data" in text


def test_list_is_narrowed_by_name_team_and_tier(there: World) -> None:
    relied_on(there, "shipping")
    client = signed_in(there.mina)
    assert "/services/orders/" not in client.get("/services/?q=shipp").content.decode()
    assert "/services/shipping/" not in client.get("/services/?tier=4").content.decode()
    assert "/services/shipping/" in client.get(f"/services/?team={there.owners.slug}").content.decode()


def test_page_shows_contracts_consumers_and_readiness(there: World) -> None:
    relied_on(there, "shipping")
    relied_on(there, "invoicing", readiness="not_ready")
    text = signed_in(there.mina).get("/services/orders/").content.decode()
    assert "1 of 2 ready" in text
    assert "orders-api cannot leave its old versions yet" in text
    assert "invoicing (not ready)" in text
    assert "/contracts/orders-api/" in text


def test_page_shows_health_of_each_version(there: World) -> None:
    measured(there, there.orders, "2.4.0", bad=0, total=90)
    measured(there, there.orders, "3.0.0", bad=5, total=10)
    text = signed_in(there.mina).get("/services/orders/").content.decode()
    assert "50.00\u00a0%" in text
    assert "2.4.0" in text
    assert "10\u00a0%" in text


def test_silence_is_not_health(there: World) -> None:
    text = signed_in(there.mina).get("/services/orders/").content.decode()
    assert "No source has measured it lately." in text
    assert "Healthy" not in text


def test_plain_caller_is_a_consumer_without_a_contract(there: World) -> None:
    other = Service.objects.create(slug="mailer", name="mailer", team=there.owners, tier=3)
    Dependency.objects.create(service=other, on=there.orders, kind="soft")
    text = signed_in(there.mina).get("/services/orders/").content.decode()
    assert "calls it, and copes without" in text


def test_private_rollout_of_others_stays_off_both_pages(there: World) -> None:
    row = rollout(there)
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    stranger = signed_in(person("eve@example.test"))
    for path in ("/services/", "/services/orders/"):
        assert "orders-v3" not in stranger.get(path).content.decode()


@pytest.mark.parametrize("path", ["/services/", "/services/orders/"])
def test_pages_ask_for_sign_in(there: World, path: str) -> None:
    assert Client().get(path)["Location"].startswith("/accounts/login/")


def test_unknown_service_is_not_there(there: World) -> None:
    assert signed_in(there.mina).get("/services/nothing/").status_code == 404


@pytest.mark.parametrize("path", ["/services/", "/services/orders/"])
def test_thirty_services_take_no_more_queries_than_one(
    there: World, path: str, django_assert_max_num_queries: Any
) -> None:
    running(there)
    relied_on(there, "service-0")
    client = signed_in(there.mina)
    client.get(path)
    with django_assert_max_num_queries(50) as few:
        client.get(path)
    for at in range(1, 30):
        measured(there, relied_on(there, f"service-{at}"), "1", bad=1, total=9)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(path)
