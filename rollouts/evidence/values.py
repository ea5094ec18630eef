"""What evidence can be, and when it counts. Django-free."""

from datetime import timedelta

from rollouts.lib.labels import Labelled

EXPIRES_AFTER = timedelta(days=14)
"""How long a result counts that names no end."""
LONGEST = timedelta(days=366)


class Kind(Labelled):
    """What was tried."""

    CONTRACT_TEST = "contract_test"
    END_TO_END = "end_to_end"
    DEGRADED_MODE = "degraded_mode"
    FLAG_COMBINATION = "flag_combination"
    DRILL = "drill"
    INTEGRATION_REVIEW = "integration_review"

    @property
    def label(self) -> str:
        return {
            "contract_test": "Contract test",
            "end_to_end": "End-to-end test",
            "degraded_mode": "Degraded-mode test",
            "flag_combination": "Flag combination",
        }.get(self.value, super().label)


COMPATIBILITY = (Kind.CONTRACT_TEST, Kind.END_TO_END)
"""Kinds that say whether a consumer works with a version."""


class Outcome(Labelled):
    """What came of it."""

    PASSED = "passed"
    FAILED = "failed"


class Form(Labelled):
    """How it was told."""

    JSON = "json"
    JUNIT = "junit"
    PACT = "pact"
    PACT_BROKER = "pact_broker"
    PAGE = "page"

    @property
    def label(self) -> str:
        return {
            "json": "JSON", "junit": "JUnit XML", "pact": "Pact verification", "pact_broker": "Pact Broker",
            "page": "Recorded in the page",
        }[self.value]  # fmt: skip
