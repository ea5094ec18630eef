"""What is known of a consumer's readiness for one version, and what follows from it. Django-free."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from rollouts.contracts.values import Readiness

SIGNED_FOR = timedelta(days=90)
"""How long a sign-off counts that names no end."""
TESTED_FOR = timedelta(days=14)
SEEN_FOR = timedelta(days=14)
"""How long after the newest call that was seen; a version has to be quiet for as long to be left."""


class Source(StrEnum):
    """Where a statement comes from, the weakest first.

    What was seen beats what somebody signed, which beats what tests say: a person knows of reasons that no
    test has. What is declared beside the consumer counts where nothing else does.
    """

    DECLARED = "declared"
    TESTS = "tests"
    SIGN_OFF = "sign_off"
    TRAFFIC = "traffic"

    @property
    def label(self) -> str:
        return {
            "declared": "Declared", "tests": "Test results", "sign_off": "Sign-off",
            "traffic": "Observed calls",
        }[self.value]  # fmt: skip


WEAKEST_FIRST = tuple(Source)


@dataclass(frozen=True)
class Stated:
    """One statement. `at` is None where nobody knows since when; `by`: who, or where from.

    `reference`: what it rests on, such as the number of a piece of evidence.
    """

    readiness: Readiness
    source: Source
    at: datetime | None = None
    expires_at: datetime | None = None
    by: str = ""
    note: str = ""
    url: str = ""
    reference: str = ""

    def counts(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or self.expires_at > now


@dataclass(frozen=True)
class Called:
    """Calls of a consumer that were seen in production, of one version."""

    first_at: datetime
    last_at: datetime
    week_calls: int = 0


@dataclass(frozen=True)
class Standing:
    """How ready a consumer is for a version. `contradicted`: what speaks against it, or empty.

    `expired`: statements that count no more, the newest first; `others`: those that count and are not the
    one that wins.
    """

    readiness: Readiness
    source: Source
    at: datetime | None = None
    expires_at: datetime | None = None
    contradicted: str = ""
    by: str = ""
    note: str = ""
    url: str = ""
    reference: str = ""
    others: tuple[Stated, ...] = field(default=())
    expired: tuple[Stated, ...] = field(default=())


NOTHING = Standing(Readiness.UNKNOWN, Source.DECLARED)
"""Nobody said, tested or saw anything."""
