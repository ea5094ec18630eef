"""Evidence on pages: read, recorded by hand, and shown where it counts."""

from typing import Any

import pytest

from rollouts.accounts.models import Membership, Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import ContractVersion
from rollouts.evidence.models import Result
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.contracts.papers import House, house, signed_in
from tests.evidence.factories import result
from tests.statuspages.factories import public_rollout, world

pytestmark = pytest.mark.django_db
NEW = "/evidence/new/"


@pytest.fixture
def there() -> House:
    made = house()
    ContractVersion.objects.create(contract=made.contract, version="3.0.0", state="draft")
    return made


@pytest.fixture
def rollout(there: House) -> Rollout:
    world()
    return public_rollout()


@pytest.fixture
def cara(rollout: Rollout) -> Person:
    made = person("cara@example.test")
    Membership.objects.create(team=rollout.team, person=made, role="approver")
    return made


def drill(rollout: Rollout) -> dict[str, Any]:
    return {
        "kind": "drill", "result": "passed", "rollout": rollout.slug,
        "at": f"{database_now():%Y-%m-%dT%H:%M}",
        "note": "We took the canary back in 40 s.\nNobody noticed.", "title": "Taking it back",
    }  # fmt: skip


def test_a_drill_is_recorded_by_hand_and_shown_on_its_rollout(rollout: Rollout, cara: Person) -> None:
    client = signed_in(cara)
    page = client.get(f"{NEW}?rollout={rollout.slug}&kind=drill").content.decode()
    assert f'<option value="{rollout.slug}" selected>' in page
    given = drill(rollout)
    answer = client.post(NEW, given)
    row = Result.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/evidence/{row.pk}/")
    assert (row.kind, row.outcome, row.form, row.by_name, row.tests) == (
        "drill",
        "passed",
        "page",
        "Cara",
        None,
    )
    assert client.post(NEW, given).headers["Location"] == f"/evidence/{row.pk}/"
    assert Result.objects.count() == 1
    shown = client.get(f"/evidence/{row.pk}/").content.decode()
    assert "Taking it back" in shown
    assert "in 40 s.<br>Nobody noticed." in shown
    page = client.get(f"/rollouts/{rollout.slug}/").content.decode()
    assert f"/evidence/{row.pk}/" in page
    assert f"{NEW}?rollout={rollout.slug}" in page


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"note": ""}, "note"),
        ({"result": ""}, "result"),
        ({"stage": "nowhere"}, "stage"),
        ({"at": "2999-01-01T00:00"}, "at"),
        ({"kind": "integration_review", "rollout": ""}, "rollout"),
        ({"rollout": ""}, "service"),
        ({"kind": "contract_test"}, "kind"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field(
    rollout: Rollout, cara: Person, changed: dict[str, str], field: str
) -> None:
    answer = signed_in(cara).post(NEW, drill(rollout) | changed)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Result.objects.exists()


def test_who_owns_nothing_of_it_is_told_so(rollout: Rollout) -> None:
    answer = signed_in(person("ivan@example.test")).post(NEW, drill(rollout))
    assert answer.status_code == 422
    assert "You may record nothing about this." in answer.content.decode()
    assert not Result.objects.exists()


def test_results_of_a_version_stand_on_its_page_of_readiness(there: House) -> None:
    shipping = Service.objects.get(slug="shipping")
    made = result(service=shipping, contract=there.contract, version="3.0.0", outcome="failed", failures=2)
    result(service=shipping, contract=there.contract, version="2.1")
    page = signed_in(there.mina).get("/contracts/orders-api/readiness/?version=3.0.0").content.decode()
    assert page.count('href="/evidence/') == 1
    assert f'href="/evidence/{made.pk}/"' in page


def test_what_expired_says_so(there: House) -> None:
    made = result(service=Service.objects.get(slug="shipping"), ago=20, failed=["test_<b>"], outcome="failed")
    client = signed_in(there.mina)
    for page in ("/evidence/", f"/evidence/{made.pk}/"):
        assert "expired" in client.get(page).content.decode()
    assert "test_&lt;b&gt;" in client.get(f"/evidence/{made.pk}/").content.decode()


def test_the_list_takes_as_many_queries_for_one_as_for_many(
    there: House, django_assert_max_num_queries: Any
) -> None:
    shipping, client = Service.objects.get(slug="shipping"), signed_in(there.mina)
    result(service=shipping, contract=there.contract, version="3.0.0")
    with django_assert_max_num_queries(15) as few:
        client.get("/evidence/")
    for _ in range(6):
        result(service=shipping, contract=there.contract, version="3.0.0")
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/evidence/?contract=orders-api")
