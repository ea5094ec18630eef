"""Evidence over the API: kept once, bound to what it is about, and what it says of readiness."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from rollouts.accounts.models import Membership, Person
from rollouts.accounts.services import issue_token
from rollouts.accounts.values import Scope
from rollouts.audit.models import Event
from rollouts.audit.services import read
from rollouts.audit.values import Face
from rollouts.contracts.models import ContractVersion, Statement
from rollouts.contracts.queries import readiness_of
from rollouts.evidence.models import Result
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.contracts.papers import House, house, signed_in
from tests.evidence.test_junit import LAUGHS, OUTSIDE, PYTEST
from tests.evidence.test_pact import HOOK, WRITTEN
from tests.statuspages.factories import public_rollout, world

pytestmark = pytest.mark.django_db
API = "/api/v1/evidence/"
HOOKS = f"{API}pact-broker/"
ABOUT = "?service=shipping&contract=orders-api&version=3.0.0&build=b7&source=CI"
JUNIT = "<testsuite tests='2'><testcase name='a'/><testcase name='b'/></testsuite>"


@pytest.fixture
def there() -> House:
    made = house()
    ContractVersion.objects.create(contract=made.contract, version="3.0.0", state="draft")
    return made


def told(**changed: Any) -> dict[str, Any]:
    at = (database_now() - timedelta(days=1)).isoformat()
    made = {
        "kind": "contract_test", "result": "passed", "service": "shipping", "build": "b7",
        "contract": "orders-api", "version": "3.0.0", "at": at, "tests": 12,
    } | changed  # fmt: skip
    return {name: value for name, value in made.items() if value is not None}


def send(who: Person, **changed: Any) -> Any:
    return signed_in(who).post(API, told(**changed), content_type="application/json")


def send_xml(who: Person, body: str, query: str = ABOUT) -> Any:
    return signed_in(who).post(f"{API}{query}", body, content_type="application/xml")


def standing(there: House) -> str:
    found = readiness_of(there.contract, "3.0.0")[there.contract.consumers.get().pk]
    return f"{found.readiness.value} {found.source.value} {found.reference}"


def test_a_result_is_kept_with_all_that_was_said_and_makes_the_consumer_ready(there: House) -> None:
    answer = send(there.tomas, provider_build="4.5.6", flags={"new-address": True}, url="https://ci.test/9")
    assert answer.status_code == 201
    found = answer.json()
    assert (found["result"], found["build"], found["provider_build"]) == ("passed", "b7", "4.5.6")
    assert (found["flags"], found["form"], found["repeated"]) == ({"new-address": True}, "json", False)
    row = Result.objects.get()
    assert row.expires_at - row.at == timedelta(days=14)
    assert standing(there) == f"ready tests evidence {row.pk}"
    event = Event.objects.newest("service:orders").first()
    assert event is not None
    assert read(event.pk).content["sentence"] == (
        "Tomas: Contract test of Shipping against Orders API 3.0.0 passed (12 tests)."
    )


def test_a_newer_failure_takes_it_back(there: House) -> None:
    send(there.tomas)
    assert send(there.tomas, result="failed", failures=1, at=database_now().isoformat()).status_code == 201
    assert standing(there).startswith("not_ready tests")


def test_the_same_again_is_kept_once(there: House) -> None:
    body = told()
    first, again = (signed_in(there.tomas).post(API, body, content_type="application/json") for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["repeated"]) == (first.json()["id"], True)
    assert (Result.objects.count(), Statement.objects.count()) == (1, 1)
    assert Event.objects.newest("service:orders").count() == 1


def test_junit_xml_as_curl_sends_it(there: House) -> None:
    answer = send_xml(there.tomas, JUNIT)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["form"], found["tests"], found["kind"], found["source"]) == (
        "junit",
        2,
        "contract_test",
        "CI",
    )
    assert found["digest"] == hashlib.sha256(JUNIT.encode()).hexdigest()
    assert send_xml(there.tomas, JUNIT).status_code == 200
    assert send_xml(there.tomas, JUNIT, ABOUT.replace("b7", "b8")).status_code == 201


def test_junit_xml_in_a_form(there: House) -> None:
    report = SimpleUploadedFile("junit.xml", PYTEST.encode(), "application/xml")
    given = {
        "report": report, "kind": "degraded_mode", "service": "shipping", "flags": '{"cache": false}',
    }  # fmt: skip
    answer = signed_in(there.tomas).post(API, given)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["result"], found["kind"], found["failed"]) == (
        "failed", "degraded_mode", ["tests.test_orders.test_splits"]
    )  # fmt: skip
    assert (found["at"], found["flags"]) == ("2026-11-28T14:30:01.500000Z", {"cache": False})
    assert not Statement.objects.exists()


def test_what_pacts_verifier_wrote(there: House) -> None:
    client = signed_in(there.tomas)
    answer = client.post(f"{API}{ABOUT}&form=pact", WRITTEN, content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["form"], answer.json()["failed"]) == ("pact", ["a request for one order"])
    assert standing(there).startswith("not_ready tests")


@pytest.fixture
def broker(there: House) -> Any:
    """A broker that signs in with a write token of the provider's planner."""
    _row, plain = issue_token(person=there.mina, name="broker", scope=Scope.WRITE, days=9, face=Face.PAGE)

    def hook(query: str = "?version=3.0.0", token: str = plain, **changed: Any) -> Any:
        body = {**HOOK, "providerName": "orders", **changed}
        headers = {"Authorization": f"Bearer {token}"}
        return Client().post(f"{HOOKS}{query}", body, content_type="application/json", headers=headers)

    return hook


def test_a_pact_brokers_webhook(there: House, broker: Any) -> None:
    answer = broker()
    assert answer.status_code == 201
    found = answer.json()["evidence"]
    assert (found["contract"], found["service"], found["build"]) == ("orders-api", "shipping", "b7")
    assert (found["provider_build"], found["source"], found["form"]) == (
        "4.5.6",
        "Pact Broker",
        "pact_broker",
    )
    assert standing(there).startswith("ready tests")
    assert broker().status_code == 200
    assert broker(eventName="contract_published").json() == {"evidence": None}


def test_a_webhook_without_a_version_takes_the_providers_if_it_is_one(there: House, broker: Any) -> None:
    answer = broker("")
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["version"])
    assert broker("", providerVersionNumber="3.0.0").json()["evidence"]["version"] == "3.0.0"


def test_a_webhook_signs_in(there: House, broker: Any) -> None:
    assert broker(token="ght_wrong").status_code == 401  # noqa: S106 - that it is wrong is the point
    _row, reading = issue_token(person=there.mina, name="r", scope=Scope.READ, days=9, face=Face.PAGE)
    assert broker(token=reading).status_code == 403
    assert not Result.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"service": None}, "service"),
        ({"version": None}, "version"),
        ({"service": "nobody"}, "service"),
        ({"contract": "nothing"}, "contract"),
        ({"version": "9"}, "version"),
        ({"environment": "moon"}, "environment"),
        ({"rollout": "none"}, "rollout"),
        ({"stage": "one"}, "rollout"),
        ({"kind": "flag_combination"}, "flags"),
        ({"at": "2999-01-01T00:00:00Z"}, "at"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"tests": 0}, "tests"),
        ({"tests": 3, "skipped": 3}, "tests"),
        ({"tests": 3, "failures": 1}, "result"),
        ({"result": "failed", "failures": 9, "tests": 3}, "tests"),
        ({"flags": {"a": [1]}}, "flags"),
        ({"result": "fine"}, "result"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_field(
    there: House, changed: dict[str, Any], field: str
) -> None:
    answer = send(there.tomas, **changed)
    assert answer.status_code in (400, 422)
    assert list(answer.json()["errors"]) == [field]
    assert answer.json()["remedy"]
    assert not Result.objects.exists()
    assert not Event.objects.newest("service:orders").exists()


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (LAUGHS, 422, "document type"),
        (OUTSIDE, 422, "document type"),
        ("<a>" * 50_000, 422, "begins with <a>"),
        ("<testsuite>" * 50_000, 422, "60 deep"),
        ("<testsuite tests='1'>" + " " * 50_000_000 + "</testsuite>", 413, "5,000,000 bytes"),
        ("<testsuite tests='0'/>", 422, "No test was run"),
    ],
    ids=["laughs", "outside", "other", "deep", "50MB", "none"],
)
def test_hostile_xml_is_answered_with_a_sentence(there: House, body: str, status: int, said: str) -> None:
    answer = send_xml(there.tomas, body)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    assert said in answer.json()["detail"]
    assert answer.json()["remedy"]
    assert not Result.objects.exists()


@pytest.mark.parametrize("body", ["[" * 100_000, "nonsense", '"text"', "[1]"])
def test_hostile_json_is_answered_with_a_sentence(there: House, body: str) -> None:
    for query in ("", f"{ABOUT}&form=pact"):
        answer = signed_in(there.tomas).post(f"{API}{query}", body, content_type="application/json")
        assert answer.status_code in (400, 422)
        assert answer.json()["detail"]


def test_an_empty_body_is_no_result(there: House) -> None:
    client = signed_in(there.tomas)
    assert client.post(HOOKS).status_code == 422
    assert client.generic("POST", f"{API}{ABOUT}", "", CONTENT_TYPE="application/xml").status_code == 422
    assert not Result.objects.exists()


def test_another_media_type_is_refused(there: House) -> None:
    assert signed_in(there.tomas).post(API, "x", content_type="text/csv").status_code == 415


def test_who_may_record(there: House) -> None:
    stranger = person("ivan@example.test")
    assert send(stranger).status_code == 403
    Membership.objects.create(
        team=there.contract.consumers.get().service.team, person=stranger, role="viewer"
    )
    assert send(stranger).json()["code"] == "forbidden"
    assert not Result.objects.exists()
    assert send(there.mina).status_code == 201


def test_a_result_about_a_stage_stands_in_the_rollouts_log_and_makes_it_due(there: House) -> None:
    cast = world()
    rollout = public_rollout()
    planner = person("cara@example.test")
    Membership.objects.create(team=cast.owners, person=planner, role="planner")
    stage = rollout.stages.order_by("number")[0].name
    Rollout.objects.filter(pk=rollout.pk).update(due_at=None)
    given = {"service": None, "contract": None, "version": None, "build": None, "tests": None}
    about = {**given, "kind": "drill", "rollout": rollout.slug, "stage": stage, "note": "We took it back."}
    assert send(planner, **about).status_code == 201
    rollout.refresh_from_db()
    event = Event.objects.newest(rollout.stream).first()
    assert event is not None
    assert (event.kind, rollout.version) == ("rollout.evidence_recorded", event.seq)
    assert rollout.due_at is not None
    assert list(send(planner, **{**about, "stage": "nowhere"}).json()["errors"]) == ["stage"]
    page = signed_in(planner).get(f"/rollouts/{rollout.slug}/").content.decode()
    assert "Drill" in page
    log = signed_in(planner).get(f"/rollouts/{rollout.slug}/log/")
    assert "Drill of " in log.content.decode()


def test_what_belongs_to_a_private_rollout_is_for_its_people(there: House) -> None:
    world()
    rollout = public_rollout()
    Rollout.objects.filter(pk=rollout.pk).update(visibility="private")
    row = Result.objects.create(
        kind="drill", outcome="passed", rollout=rollout, at=database_now(), received_at=database_now(),
        expires_at=database_now() + timedelta(days=1), form="page", digest="d", key="k", by_name="Ada",
    )  # fmt: skip
    client = signed_in(person("stranger@example.test"))
    assert client.get(API).json()["count"] == 0
    assert client.get(f"{API}{row.pk}/").status_code == 404
    assert client.get(f"/evidence/{row.pk}/").status_code == 404
    assert "Nothing was recorded" in client.get("/evidence/").content.decode()


def test_the_list_is_filtered_by_what_it_is_about(there: House) -> None:
    send(there.tomas)
    send(there.tomas, kind="end_to_end", result="failed", version=None, contract=None)
    client = signed_in(there.tomas)
    wanted = {
        "?service=shipping": 2, "?kind=end_to_end": 1, "?result=failed": 1, "?version=3.0.0": 1,
        "?contract=orders-api": 1, "?counting=true": 2, "?counting=false": 0, "?rollout=x": 0,
    }  # fmt: skip
    assert {query: client.get(f"{API}{query}").json()["count"] for query in wanted} == wanted
