"""Pact's results: what the verifier writes and publishes, and what the broker tells."""

from typing import Any

import pytest

from rollouts.evidence.reports import pact
from rollouts.evidence.reports.values import NoEvidence, Unreadable

WRITTEN = {
    "result": False,
    "notices": [],
    "output": ["Verifying a pact between shipping and orders"],
    "errors": [{"interaction": "a request for one order", "mismatch": {"type": "mismatches"}}],
}
HOOK = {
    "eventName": "provider_verification_published",
    "consumerName": "Shipping",
    "providerName": "OrderService",
    "consumerVersionNumber": "b7",
    "providerVersionNumber": "4.5.6",
    "githubVerificationStatus": "success",
    "verificationResultUrl": "https://broker.test/results/1",
}


def test_what_the_verifier_writes() -> None:
    found = pact.read(WRITTEN)
    assert (found.outcome, found.failed, found.counts.failures) == ("failed", ("a request for one order",), 1)
    assert pact.read({"result": True, "errors": []}).outcome == "passed"


def test_what_is_published_says_its_build() -> None:
    given = {"success": True, "providerApplicationVersion": "4.5.6", "buildUrl": "https://ci.test/9"}
    found = pact.read(given)
    assert (found.outcome, found.provider_build, found.url) == ("passed", "4.5.6", "https://ci.test/9")


def test_errors_are_not_outvoted_by_success() -> None:
    assert pact.read({"success": True, "errors": [{"interaction": "x"}]}).outcome == "failed"
    given = {"success": True, "testResults": {"tests": [{"testDescription": "y", "status": "failed"}, {}]}}
    found = pact.read(given)
    assert (found.outcome, found.failed, found.counts.tests) == ("failed", ("y",), 2)


def test_no_interaction_is_no_evidence() -> None:
    with pytest.raises(NoEvidence):
        pact.read({"success": True, "testResults": []})


@pytest.mark.parametrize(
    "given",
    [[], None, {}, {"success": "yes"}, {"result": True, "errors": "none"}, {"result": True, "errors": [1]},
     {"success": True, "testResults": 3}, {"success": True, "buildUrl": 7}],
)  # fmt: skip
def test_what_is_no_result_is_refused(given: Any) -> None:
    with pytest.raises(Unreadable):
        pact.read(given)


def test_a_webhook_tells_who_was_verified_against_whom() -> None:
    found = pact.read_webhook(HOOK)
    assert found is not None
    assert (found.consumer, found.provider, found.consumer_build) == ("shipping", "order-service", "b7")
    assert (found.provider_build, found.report.outcome) == ("4.5.6", "passed")
    assert found.report.url == "https://broker.test/results/1"


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"githubVerificationStatus": "failure"}, "failed"),
        ({"eventName": "provider_verification_failed", "githubVerificationStatus": ""}, "failed"),
        ({"eventName": "provider_verification_succeeded"}, "passed"),
    ],
)
def test_how_a_webhook_tells_the_result(changed: dict[str, str], outcome: str) -> None:
    found = pact.read_webhook({**HOOK, **changed})
    assert found is not None
    assert found.report.outcome == outcome


def test_an_event_without_a_result_is_no_error() -> None:
    assert pact.read_webhook({"eventName": "contract_published"}) is None


@pytest.mark.parametrize(
    "given",
    [
        [],
        {},
        {**HOOK, "githubVerificationStatus": "pending"},
        {**HOOK, "eventName": "provider_verification_failed"},
        {**HOOK, "consumerName": ""},
        {**HOOK, "eventName": "something"},
    ],
)
def test_a_webhook_that_does_not_say_is_refused(given: Any) -> None:
    with pytest.raises(Unreadable):
        pact.read_webhook(given)
