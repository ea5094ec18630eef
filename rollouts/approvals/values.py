"""The words of approvals: policies as they were when asked, votes, and what they add up to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from rollouts.lib.labels import Labelled


class Ballot(Labelled):
    """What one vote says."""

    APPROVE = "approve"
    REJECT = "reject"


class Standing(Labelled):
    """What the votes on a request add up to."""

    OPEN = "open"
    FILLED = "filled"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True)
class Policy:
    """An approval policy as it stood when the request was opened; later edits do not reach it.

    `roles` and `teams` say who may vote (no teams: any team that owns a service in the rollout).
    `required_teams` must each be heard at least once. `expires_after` counts from the opening.
    """

    quorum: int = 1
    roles: frozenset[str] = frozenset({"approver"})
    teams: frozenset[str] = frozenset()
    required_teams: frozenset[str] = frozenset()
    expires_after: timedelta | None = None


@dataclass(frozen=True)
class Vote:
    """One person's vote, bound to one request.

    `on_behalf_of` is the delegator, whose conflicts of interest the vote inherits. `teams` are the
    teams for which the vote counts, as they were at the vote. `name` is the voter's, for sentences.
    """

    person: str
    ballot: Ballot
    at: datetime
    on_behalf_of: str | None = None
    teams: frozenset[str] = frozenset()
    voided_at: datetime | None = None
    name: str = ""


@dataclass(frozen=True)
class Outcome:
    """What the votes add up to: `approvals` of `quorum`, the teams not heard, and a sentence."""

    standing: Standing
    approvals: int
    quorum: int
    missing_teams: frozenset[str]
    sentence: str
