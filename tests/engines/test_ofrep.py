"""The flags' door over HTTP, by OFREP 0.3.0."""

import json
from typing import Any

import pytest
from django.test import Client
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode, OpenFeatureError

from rollouts.engines.models import ServiceToken
from tests.engines import factories

pytestmark = pytest.mark.django_db(transaction=True)


def ask(client: Client, token: str, key: str = "orders-v2", context: Any = None, **headers: str) -> Any:
    body = {} if context is None else {"context": context}
    return client.post(
        f"/ofrep/v1/evaluate/flags/{key}",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


def test_everybody_is_on_when_everything_is_granted(client: Client) -> None:
    factories.rollout(grant={"percent": 100})
    response = ask(client, factories.token())
    assert response.status_code == 200
    assert response.json() == {
        "key": "orders-v2",
        "value": True,
        "variant": "on",
        "reason": "STATIC",
        "metadata": {"state": "running", "rollout": "orders-v2", "stage": 2, "revision": 1},
    }


def test_a_percentage_splits_by_targeting_key_and_stays_the_same(client: Client) -> None:
    rollout = factories.rollout(grant={"percent": 25})
    token = factories.token()
    keys = [f"customer-{number}" for number in range(120)]

    def chosen() -> set[str]:
        answers = {key: ask(client, token, context={"targetingKey": key}).json() for key in keys}
        assert {answer["reason"] for answer in answers.values()} == {"SPLIT"}
        return {key for key, answer in answers.items() if answer["value"]}

    first = chosen()
    assert 10 < len(first) < 60
    assert chosen() == first
    rollout.granted = {"orders": {"percent": 50}}
    rollout.save()
    assert first < chosen()


@pytest.mark.parametrize(
    "context", [None, {}, {"targetingKey": ""}, {"targetingKey": None}, {"plan": "gold"}]
)
def test_a_percentage_without_a_targeting_key_is_refused_and_never_guessed(
    client: Client, context: Any
) -> None:
    factories.rollout(grant={"percent": 25})
    response = ask(client, factories.token(), context=context)
    assert response.status_code == 400
    assert response.json()["errorCode"] == "TARGETING_KEY_MISSING"
    assert response.json()["errorDetails"]


def test_consumers_come_from_the_token_and_not_from_what_the_caller_claims(client: Client) -> None:
    factories.rollout(grant={"percent": 100, "consumers": ["checkout"]})
    own = ask(client, factories.token("checkout"), context={"consumer": "shipping"}).json()
    other = ask(client, factories.token("shipping"), context={"consumer": "checkout"}).json()
    assert (own["value"], own["reason"]) == (True, "TARGETING_MATCH")
    assert (other["value"], other["variant"], other["reason"]) == (False, "off", "TARGETING_MATCH")


def test_regions_and_consumers_narrow_a_percentage(client: Client) -> None:
    factories.rollout(grant={"percent": 100, "regions": ["eu"]})
    token = factories.token()
    assert ask(client, token, context={"region": "eu"}).json()["value"] is True
    assert ask(client, token, context={"region": "us"}).json()["value"] is False
    assert ask(client, token, context={"region": ["eu"]}).json()["value"] is False


@pytest.mark.parametrize(
    "state", ["held", "halted", "running", "completed", "rolling_back", "rollback_failed"]
)
def test_a_begun_rollout_answers_by_what_is_granted(client: Client, state: str) -> None:
    rollout = factories.rollout(state=state, grant={"percent": 100})
    token = factories.token()
    assert ask(client, token).json()["value"] is True
    rollout.granted = {}
    rollout.save()
    answer = ask(client, token).json()
    assert (answer["value"], answer["variant"], answer["reason"]) == (False, "off", "DISABLED")


@pytest.mark.parametrize("state", ["closed", "rolled_back"])
def test_an_ended_rollout_that_did_not_complete_is_explicitly_off(client: Client, state: str) -> None:
    factories.rollout(state=state, grant={"percent": 100})
    answer = ask(client, factories.token()).json()
    assert (answer["value"], answer["variant"], answer["reason"]) == (False, "off", "DISABLED")


@pytest.mark.parametrize("state", ["draft", "proposed", "approved", "cancelled"])
def test_a_rollout_that_did_not_begin_is_explicitly_off(client: Client, state: str) -> None:
    factories.rollout(state=state, begun=False)
    response = ask(client, factories.token(), context={"targetingKey": "a"})
    assert response.status_code == 200
    assert (response.json()["value"], response.json()["reason"]) == (False, "DISABLED")


def test_an_unknown_flag_is_explicitly_off_and_never_a_404(client: Client) -> None:
    response = ask(client, factories.token(), key="no-such.Flag_1")
    assert response.status_code == 200
    assert response.json() == {
        "key": "no-such.Flag_1",
        "value": False,
        "variant": "off",
        "reason": "UNKNOWN",
        "metadata": {},
    }


@pytest.mark.parametrize("key", ["a%20b", "a/b", "%C3%A4", "x" * 101])
def test_a_key_that_no_flag_can_have_is_not_found(client: Client, key: str) -> None:
    response = ask(client, factories.token(), key=key)
    assert response.status_code == 404
    assert response.json()["errorCode"] == "FLAG_NOT_FOUND"


def test_a_new_plan_changes_nothing_until_it_is_started(client: Client) -> None:
    factories.rollout("first", state="completed", grant={"percent": 100})
    factories.rollout("second", state="proposed", begun=False)
    answer = ask(client, factories.token()).json()
    assert (answer["value"], answer["metadata"]["rollout"]) == (True, "first")


def test_the_newest_begun_rollout_governs(client: Client) -> None:
    factories.rollout("first", state="completed", grant={"percent": 100})
    factories.rollout("second", state="halted", started_at=factories.NOW.replace(hour=5))
    answer = ask(client, factories.token()).json()
    assert (answer["value"], answer["metadata"]["rollout"]) == (False, "second")


def test_a_token_with_an_environment_asks_about_rollouts_in_it(client: Client) -> None:
    factories.rollout("live", grant={"percent": 100})
    factories.rollout("trial", at="staging", started_at=factories.NOW.replace(hour=5))
    assert ask(client, factories.token(at="production")).json()["metadata"]["rollout"] == "live"
    assert ask(client, factories.token(at="staging")).json()["metadata"]["rollout"] == "trial"
    assert ask(client, factories.token("shipping", at="canary")).json()["reason"] == "UNKNOWN"


def test_a_private_rollout_is_named_only_to_services_that_take_part(client: Client) -> None:
    factories.rollout(grant={"percent": 100}, visibility="private")
    outside = ask(client, factories.token("checkout")).json()
    inside = ask(client, factories.token("orders")).json()
    assert (outside["value"], outside["metadata"]) == (True, {"state": "running"})
    assert inside["metadata"]["rollout"] == "orders-v2"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "PARSE_ERROR"),
        ("{", "PARSE_ERROR"),
        ("[]", "PARSE_ERROR"),
        ("null", "PARSE_ERROR"),
        ("[" * 60_000, "PARSE_ERROR"),
        ('{"context": 3}', "INVALID_CONTEXT"),
        ('{"context": []}', "INVALID_CONTEXT"),
        ('{"context": {"targetingKey": 3}}', "INVALID_CONTEXT"),
        (" " * 70_000, "GENERAL"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(client: Client, body: str, code: str) -> None:
    headers = {"Authorization": f"Bearer {factories.token()}"}
    for path in ("/ofrep/v1/evaluate/flags/orders-v2", "/ofrep/v1/evaluate/flags"):
        response = client.post(path, body, content_type="application/json", headers=headers)
        assert response.status_code == 400
        assert response.json()["errorCode"] == code
        assert response.json()["errorDetails"]


def test_only_a_live_token_opens_the_door_in_either_header(client: Client) -> None:
    factories.rollout(grant={"percent": 100})
    token = factories.token()
    post: dict[str, Any] = {"data": {}, "content_type": "application/json"}
    for path in ("/ofrep/v1/evaluate/flags/orders-v2", "/ofrep/v1/evaluate/flags"):
        assert client.post(path, headers={"X-API-Key": token}, **post).status_code == 200
        assert client.post(path, headers={"Authorization": f"bearer {token}"}, **post).status_code == 200
        assert client.post(path, **post).status_code == 401
        assert client.post(path, headers={"Authorization": "Bearer other"}, **post).status_code == 401
    ServiceToken.objects.update(revoked_at=factories.NOW)
    refused = ask(client, token)
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"
    assert refused.json()["errorDetails"]


def test_all_flags_at_once_with_an_etag_over_the_whole_answer(client: Client) -> None:
    factories.rollout("one", flag="flag.one", grant={"percent": 100})
    rollout = factories.rollout("two", flag="flag.two", grant={"percent": 50})
    token = factories.token()

    def bulk(context: dict[str, str], etag: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}", **({"If-None-Match": etag} if etag else {})}
        body = {"context": context}
        return client.post("/ofrep/v1/evaluate/flags", body, content_type="application/json", headers=headers)

    first = bulk({"targetingKey": "customer-1"})
    assert [flag["key"] for flag in first.json()["flags"]] == ["flag.one", "flag.two"]
    again = bulk({"targetingKey": "customer-1"}, first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    missing = bulk({}, first["ETag"])
    assert missing.status_code == 200
    assert missing.json()["flags"][0]["value"] is True
    assert missing.json()["flags"][1]["errorCode"] == "TARGETING_KEY_MISSING"
    rollout.granted = {}
    rollout.save()
    assert bulk({"targetingKey": "customer-1"}, first["ETag"]).status_code == 200


def test_an_answer_takes_one_query_and_no_session(client: Client, django_assert_num_queries: Any) -> None:
    for number in range(12):
        factories.rollout(f"r{number}", grant={"percent": 25})
    token = factories.token()
    with django_assert_num_queries(1):
        response = ask(client, token, context={"targetingKey": "a"})
    assert not response.cookies
    with django_assert_num_queries(1):
        client.post(
            "/ofrep/v1/evaluate/flags",
            {"context": {"targetingKey": "a"}},
            content_type="application/json",
            headers={"Authorization": f"Bearer {token}"},
        )


def test_other_methods_are_refused_and_browsers_may_ask(client: Client) -> None:
    path = "/ofrep/v1/evaluate/flags/orders-v2"
    assert client.get(path).status_code == 405
    preflight = client.options(path)
    assert preflight.status_code == 204
    assert "Authorization" in preflight["Access-Control-Allow-Headers"]
    assert preflight["Access-Control-Allow-Origin"] == "*"


def test_a_database_that_fails_is_an_error_and_not_an_answer(client: Client, monkeypatch: Any) -> None:
    from django.db import OperationalError

    from rollouts.engines import queries

    def broken(**_: object) -> None:
        raise OperationalError("gone")

    token = factories.token()
    monkeypatch.setattr(queries, "flag_for", broken)
    response = ask(client, token)
    assert response.status_code == 500
    assert json.loads(response.content) == {"errorDetails": "Gatehouse cannot read its database now."}


def test_the_real_client_reads_every_kind_of_answer(live_server: Any) -> None:
    rollout = factories.rollout(grant={"percent": 25})
    token = factories.token()
    provider = OFREPProvider(live_server.url, headers_factory=lambda: {"Authorization": f"Bearer {token}"})
    context = EvaluationContext(targeting_key="customer-1")
    split = provider.resolve_boolean_details("orders-v2", True, context)
    assert (split.reason, split.flag_metadata["rollout"]) == ("SPLIT", "orders-v2")
    with pytest.raises(OpenFeatureError) as missing:
        provider.resolve_boolean_details("orders-v2", True)
    assert missing.value.error_code == ErrorCode.TARGETING_KEY_MISSING
    rollout.granted = {}
    rollout.state = "halted"
    rollout.save()
    halted = provider.resolve_boolean_details("orders-v2", True, context)
    assert (halted.value, halted.variant, halted.reason) == (False, "off", "DISABLED")
    unknown = provider.resolve_boolean_details("never-heard-of", True, context)
    assert (unknown.value, unknown.reason) == (False, "UNKNOWN")
