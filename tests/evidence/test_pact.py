"""Pact's results: what the verifier writes and publishes, and what the broker tells."""

from datetime import UTC, datetime
from itertools import count
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


WHOLE = "Send the report as the test program wrote it."
NOT_SAID = (
    "It says neither `success` nor `result`, and is no result of a Pact verification. "
    "Send what the verifier wrote with --json, or what it published to the broker."
)
BODY = "rite the body as docs/contracts.md shows"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], f"The result of a Pact verification is a JSON object. {WHOLE}"),
        (None, f"The result of a Pact verification is a JSON object. {WHOLE}"),
        ({}, NOT_SAID),
        ({"success": "yes"}, NOT_SAID),
        ({"result": True, "errors": "none"}, f"`errors` is no list. {WHOLE}"),
        ({"result": True, "errors": [1]}, f"`errors` is no list of interactions. {WHOLE}"),
        ({"success": True, "testResults": 3}, f"`testResults` is no list of tests. {WHOLE}"),
        ({"success": True, "testResults": [3]}, f"`testResults` is no list of tests. {WHOLE}"),
        ({"success": True, "buildUrl": 7}, f"`buildUrl` is no text. {WHOLE}"),
    ],
    ids=count(),
)
def test_what_is_no_result_is_refused(given: Any, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        pact.read(given)
    assert f"{refused.value.sentence} {refused.value.remedy}" == said


@pytest.mark.parametrize(
    ("test", "bad"),
    [
        ({"status": "failed"}, True), ({"status": "Failure"}, True), ({"status": "error"}, True),
        ({"success": False}, True), ({"success": True}, False), ({"status": "passed"}, False), ({}, False),
    ],
)  # fmt: skip
def test_which_tests_have_failed(test: dict[str, Any], bad: bool) -> None:
    found = pact.read({"success": True, "testResults": {"tests": [{**test, "description": "d"}]}})
    assert (found.counts.tests, found.counts.failures, found.failed) == (1, int(bad), ("d",) if bad else ())


def test_a_failure_without_a_name_is_one() -> None:
    assert pact.read({"success": False}).counts.failures == 1
    found = pact.read({"success": False, "errors": [{}, {"testDescription": "t"}]})
    assert (found.failed, found.counts.failures, found.counts.tests) == (("an interaction", "t"), 2, None)


def test_what_is_long_is_cut_and_times_have_a_zone() -> None:
    given = {"success": True, "buildUrl": "u" * 600, "providerApplicationVersion": f" {'b' * 200} "}
    found = pact.read({**given, "verificationDate": "2026-11-28T10:00:00+00:00"})
    assert (found.url, found.provider_build) == ("u" * 500, "b" * 100)
    assert found.at == datetime(2026, 11, 28, 10, tzinfo=UTC)
    for text in ("2026-11-28T10:00:00", "yesterday"):
        assert pact.read({"success": True, "verificationDate": text}).at is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Order Service", "order-service"), ("OrderService2", "order-service2"), ("a_b.", "a-b")],
    ids=count(),
)
def test_how_a_participant_is_called_here(name: str, slug: str) -> None:
    assert pact.slug(name) == slug


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
    for event in (
        "contract_published",
        "contract_content_changed",
        "contract_requiring_verification_published",
    ):
        assert pact.read_webhook({"eventName": event}) is None


def unsaid(event: str) -> str:
    return (
        f"The webhook of “{event}” does not say whether the verification succeeded. "
        f"W{BODY}, with `eventName` and `githubVerificationStatus`."
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], f"The webhook's body is a JSON object. W{BODY}."),
        ({}, unsaid("no event")),
        ({**HOOK, "githubVerificationStatus": "pending"}, unsaid("provider_verification_published")),
        ({**HOOK, "eventName": "provider_verification_failed"}, unsaid("provider_verification_failed")),
        ({**HOOK, "eventName": "something"}, unsaid("something")),
        (
            {**HOOK, "consumerName": ""},
            "The webhook names no consumer and provider. Write its body as docs/contracts.md shows.",
        ),
        (
            {**HOOK, "providerName": ""},
            "The webhook names no consumer and provider. Write its body as docs/contracts.md shows.",
        ),
    ],
    ids=count(),
)
def test_a_webhook_that_does_not_say_is_refused(given: Any, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        pact.read_webhook(given)
    assert f"{refused.value.sentence} {refused.value.remedy}" == said


def test_a_webhooks_result_counts_as_one_failure_or_none() -> None:
    passed, failed = (
        pact.read_webhook(HOOK),
        pact.read_webhook({**HOOK, "githubVerificationStatus": "failure"}),
    )
    assert passed is not None
    assert failed is not None
    assert (passed.report.counts.failures, failed.report.counts.failures) == (0, 1)
