"""What a report says, whatever it was written in. Django-free."""

from dataclasses import dataclass
from datetime import datetime

from rollouts.evidence.values import Outcome

MOST_NAMED = 20
"""Of what failed, so many are named."""
LONGEST_NAME = 200


class Unreadable(ValueError):
    """It is no report, or one that may do harm: the sentence says why, `remedy` what to do."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.remedy = remedy or "Send the report as the test program wrote it."


class NoEvidence(Unreadable):
    """It is a report, and nothing was tried."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "Run the tests and send their report: none that ran is no evidence.")


@dataclass(frozen=True)
class Counts:
    """How many tests there were; `tests` is None where nobody counted them."""

    tests: int | None = None
    failures: int = 0
    errors: int = 0
    skipped: int = 0

    @property
    def outcome(self) -> Outcome:
        """What they add up to."""
        return Outcome.FAILED if self.failures or self.errors else Outcome.PASSED

    def require_run(self) -> None:
        """Raises NoEvidence when no test was run."""
        if self.tests is None or self.tests > self.skipped:
            return
        if self.failures or self.errors:
            return
        said = "there is none in it" if not self.tests else f"all {self.tests} were skipped"
        raise NoEvidence(f"No test was run: {said}.")


@dataclass(frozen=True)
class Report:
    """What came of a run. `at` is None where the report does not say; `failed` names some of what failed."""

    outcome: Outcome
    counts: Counts
    at: datetime | None = None
    failed: tuple[str, ...] = ()
    title: str = ""
    url: str = ""
    provider_build: str = ""


def named(names: list[str]) -> tuple[str, ...]:
    """Some of the names, each cut short."""
    return tuple(name.strip()[:LONGEST_NAME] for name in names[:MOST_NAMED])
