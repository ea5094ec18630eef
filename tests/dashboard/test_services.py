"""The list of services, and the page of one."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency
from rollouts.gates.models import Gate
from rollouts.health.models import Series, Source, Window
from rollouts.lib.clock import database_now
from rollouts.lib.links import read
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


def called(
    there: World, version: str, caller: str, *, total: int, bad: int = 0, ago: timedelta = timedelta(hours=2)
) -> None:
    """One window in which a caller counted its calls of a version of orders."""
    source, _ = Source.objects.get_or_create(
        slug="prom",
        defaults={"name": "prom", "team": there.owners, "environment": there.production, "window_s": 60},
    )
    series = Series.objects.create(
        source=source, service=there.orders, environment=there.production, version=version,
        signal="errors", perspective="callers" if caller else "server", caller=caller,
    )  # fmt: skip
    Window.objects.create(series=series, start_at=database_now() - ago, bad=bad, total=total)


def told(client: Client, path: str) -> str:
    """The words of a page, without its marks."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", client.get(path).content.decode())).split())


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


def test_page_counts_the_calls_of_a_day_by_version_and_caller(there: World) -> None:
    relied_on(there, "shipping")
    called(there, "2.10.0", "", total=900)
    called(there, "2.10.0", "shipping", total=1000, bad=10)
    called(there, "2.9.1", "shipping", total=50)
    called(there, "2.9.1", "robot", total=7)
    called(there, "1.0.0", "shipping", total=5000, ago=timedelta(hours=25))
    text = told(signed_in(there.mina), "/services/orders/")
    assert "2.10.0 Production 1,000 1.00 % 2 h ago shipping 1,000 1.00 % failed, 2 h ago" in text
    assert (
        "2.9.1 Production 57 0.00 % 2 h ago shipping 50 2 h ago robot (not in the catalog) 7 2 h ago" in text
    )
    assert "Who still calls 2.9.1 " in text
    assert "Calls by version, Production" in text
    assert "No request says which version of a contract it speaks." in text
    assert "The same as a table" in text
    assert "5,000" not in text


def test_versions_lead_to_traces_and_logs_of_the_same_hours(there: World, settings: Any) -> None:
    settings.GATEHOUSE_LINKS = read('{"Traces": "https://t.test/?s={service}&v={version}&e={environment}"}')
    called(there, "2.10.0", "", total=900)
    page = signed_in(there.mina).get("/services/orders/").content.decode()
    assert 'href="https://t.test/?s=orders&amp;v=2.10.0&amp;e=production"' in page


def test_versions_do_not_lag_one_that_nobody_calls_any_more(there: World) -> None:
    called(there, "3.1.0", "shipping", total=50, ago=timedelta(minutes=1))
    called(there, "3.2.0", "shipping", total=50, ago=timedelta(hours=3))
    client = signed_in(there.mina)
    assert "Who still calls" not in told(client, "/services/orders/")
    called(there, "3.3.0", "shipping", total=50, ago=timedelta(minutes=2))
    assert "Who still calls 3.1.0, 3.2.0 " in told(client, "/services/orders/")


def test_page_draws_how_long_each_version_is_served(there: World) -> None:
    relied_on(there, "shipping")
    ContractVersion.objects.filter(version="3.0.0").update(served_on=date(2025, 6, 16))
    contract = Contract.objects.get(slug="orders-api")
    ContractVersion.objects.create(
        contract=contract, version="2", state="deprecated", deprecated_on=date(2025, 6, 16),
        sunset_on=date(2099, 3, 31),
    )  # fmt: skip
    ContractVersion.objects.create(contract=contract, version="4", state="draft")
    answer = signed_in(there.mina).get("/services/orders/").content.decode()
    assert answer.count('<svg class="life"') == 2
    text = told(signed_in(there.mina), "/services/orders/")
    assert "Served since 16 Jun 2025." in text
    assert "Nobody said since when it is served, deprecated since 16 Jun 2025, last day 31 Mar 2099." in text
    assert "4 Draft Not served yet." in text


def test_day_without_a_counted_call_is_no_data(there: World) -> None:
    text = told(signed_in(there.mina), "/services/orders/")
    assert "No call was counted" in text
    assert "Who still calls" not in text


@pytest.mark.parametrize(
    ("settings", "verdict", "silenced", "said"),
    [
        ({"service": "orders"}, "no_data", False, "A gate has no data"),
        ({"service": "orders"}, "no_data", True, ""),
        ({"service": "orders"}, "fail", False, "A gate failed"),
        ({"targets": ["orders"]}, "pass", False, "Healthy"),
        ({"service": "shipping"}, "fail", False, ""),
        ({"targets": ["shipping"]}, "fail", False, ""),
    ],
)
def test_head_says_what_gates_about_this_service_say(
    there: World, settings: dict[str, Any], verdict: str, silenced: bool, said: str
) -> None:
    row = running(there)
    Gate.objects.create(
        rollout=row, stage=row.stages.get(number=1), name="errors", title="Errors", kind="metric",
        settings=settings, verdict=verdict, silenced=silenced,
        no_data_since_at=database_now() if verdict == "no_data" else None,
    )  # fmt: skip
    text = told(signed_in(there.mina), "/services/orders/")
    words = {"A gate has no data", "A gate failed", "Healthy"}
    assert {word for word in words if f"Orders {word} Edit Tier" in text} == ({said} if said else set())


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
