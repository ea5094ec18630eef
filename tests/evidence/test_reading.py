"""Results of tests as the questions about promoting and retiring read them."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from rollouts.catalog.models import Service
from rollouts.evidence.queries import results_for
from tests.contracts.papers import House, house
from tests.evidence.factories import result

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> House:
    return house()


def test_results_are_told_by_consumer_the_newest_first(
    there: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shipping = Service.objects.get(slug="shipping")
    about = {"service": shipping, "contract": there.contract, "version": "3.0.0", "build": "b7"}
    old = result(**about, ago=20)
    new = result(**about, ago=2, outcome="failed", source="CI")
    result(**about, kind="degraded_mode")
    result(**{**about, "version": "2.1"})
    result(**about, ago=200)
    with django_assert_num_queries(2):
        found = results_for(there.contract, "3.0.0")
    assert [each.reference for each in found["shipping"]] == [str(new.pk), str(old.pk)]
    newest = found["shipping"][0]
    assert (newest.passed, newest.build, newest.version, newest.source) == (False, "b7", "3.0.0", "CI")
    assert newest.expires_at is None


def test_a_result_that_ends_sooner_says_so(there: House) -> None:
    shipping = Service.objects.get(slug="shipping")
    made = result(service=shipping, contract=there.contract, version="3.0.0")
    made.expires_at = made.at + timedelta(days=2)
    made.save()
    assert results_for(there.contract, "3.0.0")["shipping"][0].expires_at == made.expires_at
