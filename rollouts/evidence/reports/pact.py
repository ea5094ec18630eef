"""What Pact's verifier writes and publishes, and what its broker tells by webhook. Django-free."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.evidence.reports.values import Counts, Report, Unreadable, named
from rollouts.evidence.values import Outcome

TOLD = {
    "provider_verification_succeeded": Outcome.PASSED,
    "provider_verification_failed": Outcome.FAILED,
}
STATUS = {"success": Outcome.PASSED, "failure": Outcome.FAILED}
SILENT = frozenset(
    {"contract_published", "contract_content_changed", "contract_requiring_verification_published"}
)
"""Events that bring no result."""
MOST_TESTS = 100_000


@dataclass(frozen=True)
class Told:
    """A webhook's result: who was verified against whom."""

    consumer: str
    provider: str
    consumer_build: str
    provider_build: str
    report: Report


def read(given: Any) -> Report:
    """A verification result: what the verifier wrote to a file (`result`), or published (`success`).

    Raises Unreadable, and NoEvidence when no interaction was verified.
    """
    if not isinstance(given, Mapping):
        raise Unreadable("The result of a Pact verification is a JSON object.")
    passed = given.get("success", given.get("result"))
    if not isinstance(passed, bool):
        raise Unreadable(
            "It says neither `success` nor `result`, and is no result of a Pact verification.",
            "Send what the verifier wrote with --json, or what it published to the broker.",
        )
    errors = _list(given, "errors")
    tests = _tests(given)
    failed = [_named(each) for each in errors] + [_named(each) for each in tests if _bad(each)]
    many = len(failed) or (0 if passed else 1)
    counts = Counts(tests=len(tests) if "testResults" in given else None, failures=many)
    counts.require_run()
    outcome = Outcome.PASSED if passed and not failed else Outcome.FAILED
    return Report(
        outcome, counts, _time(given), named(failed), url=_text(given, "buildUrl", 500),
        provider_build=_text(given, "providerApplicationVersion", 100),
    )  # fmt: skip


def read_webhook(given: Any) -> Told | None:
    """What the broker tells; None for an event that brings no result. Raises Unreadable.

    The names are those that the broker has for its webhooks (`${pactbroker.consumerName}`).
    """
    if not isinstance(given, Mapping):
        raise Unreadable("The webhook's body is a JSON object.", "Write the body as docs/contracts.md shows.")
    event = _text(given, "eventName", 80)
    if event in SILENT:
        return None
    told = TOLD.get(event)
    status = STATUS.get(_text(given, "githubVerificationStatus", 20).lower())
    if event == "provider_verification_published":
        told = status
    if told is None or (status is not None and status is not told):
        raise Unreadable(
            f"The webhook of “{event or 'no event'}” does not say whether the verification succeeded.",
            "Write the body as docs/contracts.md shows, with `eventName` and `githubVerificationStatus`.",
        )
    names = ("consumerName", "providerName", "consumerVersionNumber", "providerVersionNumber")
    consumer, provider, consumer_build, provider_build = (_text(given, name, 100) for name in names)
    if not consumer or not provider:
        raise Unreadable(
            "The webhook names no consumer and provider.", "Write its body as docs/contracts.md shows."
        )
    report = Report(
        told, Counts(failures=int(told is Outcome.FAILED)), url=_text(given, "verificationResultUrl", 500)
    )
    return Told(slug(consumer), slug(provider), consumer_build, provider_build, report)


def slug(name: str) -> str:
    """How a participant is called here: "Order Service" is order-service."""
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()).strip("-")


def _tests(given: Mapping[str, Any]) -> list[Any]:
    results = given.get("testResults")
    if results is None:
        return []
    if isinstance(results, Mapping):
        results = results.get("tests", [])
    if not isinstance(results, list) or len(results) > MOST_TESTS:
        raise Unreadable("`testResults` is no list of tests.")
    return results


def _bad(test: Any) -> bool:
    if not isinstance(test, Mapping):
        raise Unreadable("`testResults` is no list of tests.")
    status = str(test.get("status", test.get("success", ""))).lower()
    return status in {"failed", "failure", "false", "error"}


def _named(error: Any) -> str:
    if not isinstance(error, Mapping):
        raise Unreadable("`errors` is no list of interactions.")
    said = (
        error.get("interaction")
        or error.get("testDescription")
        or error.get("description")
        or "an interaction"
    )
    return str(said)


def _list(given: Mapping[str, Any], name: str) -> list[Any]:
    found = given.get(name) or []
    if not isinstance(found, list) or len(found) > MOST_TESTS:
        raise Unreadable(f"`{name}` is no list.")
    return found


def _text(given: Mapping[str, Any], name: str, longest: int) -> str:
    found = given.get(name) or ""
    if not isinstance(found, str):
        raise Unreadable(f"`{name}` is no text.")
    return found.strip()[:longest]


def _time(given: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(_text(given, "verificationDate", 40))
    except ValueError:
        return None
    return found if found.tzinfo else None
