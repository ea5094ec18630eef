"""How ready consumers are, from what is declared, signed, tested and seen."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from rollouts.catalog.models import Environment
from rollouts.contracts.models import Consumer, ContractVersion, Statement
from rollouts.contracts.queries import give_standing, readiness_of
from rollouts.health.graph.models import ObservedEdge
from rollouts.lib.clock import database_now
from tests.contracts.papers import House, house, relies

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> House:
    made = house()
    ContractVersion.objects.create(contract=made.contract, version="3.0.0", state="draft")
    return made


def sign(consumer: Consumer, readiness: str, version: str = "3.0.0", ago: int = 1, days: int = 10) -> None:
    at = database_now() - timedelta(days=ago)
    Statement.objects.create(
        consumer=consumer, version=version, readiness=readiness, source="sign_off", at=at,
        expires_at=at + timedelta(days=days), by_name="Tomas",
    )  # fmt: skip


def see(there: House, version: str, *, production: bool = True) -> None:
    place, _ = Environment.objects.get_or_create(
        slug="production" if production else "staging", defaults={"production": production}
    )
    now = database_now()
    ObservedEdge.objects.create(
        environment=place, caller="shipping", callee="orders", contract="orders-api", version=version,
        week_calls=40, first_seen_at=now - timedelta(days=3), last_seen_at=now,
    )  # fmt: skip


def word(there: House, version: str = "3.0.0") -> tuple[str, str]:
    row = there.contract.consumers.get(service__slug="shipping")
    found = readiness_of(there.contract, version)[row.pk]
    return found.readiness.value, found.source.value


def test_what_is_declared_counts_where_nobody_signed(there: House) -> None:
    assert word(there) == ("unknown", "declared")
    there.contract.consumers.update(readiness="testing")
    assert word(there) == ("testing", "declared")
    sign(there.contract.consumers.get(), "not_ready")
    assert word(there) == ("not_ready", "sign_off")


def test_a_sign_off_is_for_its_version_only(there: House) -> None:
    sign(there.contract.consumers.get(), "ready", version="2.9")
    assert word(there) == ("unknown", "declared")
    assert word(there, "2.9") == ("ready", "sign_off")


def test_a_declaration_for_one_version_says_nothing_of_another(there: House) -> None:
    there.contract.consumers.update(readiness="migrated", readiness_for="3.0.0")
    assert word(there) == ("migrated", "declared")
    assert word(there, "4.0.0") == ("unknown", "declared")


def test_calls_in_production_say_who_has_migrated_and_who_has_not(there: House) -> None:
    see(there, "3.0.0", production=False)
    assert word(there) == ("unknown", "declared")
    see(there, "3.0.0")
    assert word(there) == ("migrated", "traffic")
    see(there, "2.1")
    sign(there.contract.consumers.get(), "migrated")
    row = there.contract.consumers.get()
    assert "2.1 was still called" in readiness_of(there.contract, "3.0.0")[row.pk].contradicted


@pytest.mark.parametrize("many", [1, 6])
def test_any_number_of_consumers_takes_five_queries(
    there: House, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        sign(relies(there.contract, f"web-{number}"), "ready")
    consumers = list(Consumer.objects.select_related("service", "contract"))
    with django_assert_num_queries(5):
        give_standing(consumers)
    assert [each.standing.readiness.value for each in consumers].count("ready") == many
