"""A service's own signal, from what was counted in the newest windows: 1 passes, 0.5 warns, 0 fails.

The worst part decides (as in Kiali, `config.go`), and what nobody could measure is unknown, never well.
Django-free.
"""

from collections.abc import Iterable
from dataclasses import dataclass

LIMIT = 0.01
"""The share of failed requests up to which a service without an SLO is well."""
BURN = 10.0
"""A service with an SLO is well up to so many times its error budget: the same 1 % at a target of 99.9 %."""
FAILS_FROM = 5.0
"""So many times its limit, and it fails; between is a warning."""
LEAST_REQUESTS = 10
LEAST_BAD = 3
"""Fewer failed requests than these are no failure, whatever their share."""
PASSES, WARNS, FAILS = 1.0, 0.5, 0.0


@dataclass(frozen=True)
class Tally:
    """`bad` of `total` requests."""

    bad: int = 0
    total: int = 0

    def plus(self, other: "Tally") -> "Tally":
        return Tally(self.bad + other.bad, self.total + other.total)

    @property
    def share(self) -> float | None:
        """The share that failed; None without requests, and 0 where too few failed to say so."""
        if self.total <= 0:
            return None
        return self.bad / self.total if self.bad >= LEAST_BAD else 0.0


@dataclass(frozen=True)
class Part:
    """One thing that the signal is made of: its name, 1, 0.5 or 0, and why in plain English."""

    name: str
    value: float
    words: str


def errors(server: Tally, callers: Tally, limit: float = LIMIT) -> Part | None:
    """The part that failed requests make: as the server counted, or its callers where it is silent.

    None where neither saw enough requests. A dead service counts nothing, and its callers count refusals.
    """
    side, seen_by = (server, "") if server.total >= LEAST_REQUESTS else (callers, ", as its callers counted")
    share = side.share
    if share is None or side.total < LEAST_REQUESTS:
        return None
    words = f"{_percent(side.bad / side.total)} of {side.total:,} requests failed{seen_by}"
    if share <= limit:
        return Part("errors", PASSES, words)
    value = FAILS if share >= FAILS_FROM * limit else WARNS
    return Part("errors", value, f"{words}; the limit is {_percent(limit)}")


def limit_of(target: float | None) -> float:
    """The share of failed requests up to which a service is well, by its SLO's target if it has one."""
    return LIMIT if target is None else min(1.0, round(BURN * (1 - target), 6))


def of_budget(title: str, urgency: str) -> Part:
    """The part of an SLO whose budget burns too fast: it fails where somebody is to be paged for it."""
    value = FAILS if urgency == "page" else WARNS
    return Part("budget", value, f"{title} burns its error budget too fast ({urgency})")


def of_check(title: str, check: str, both: str, users: str) -> Part | None:
    """The part that a synthetic check makes, by its word, its users' and that of both together.

    A check that fails is a warning while users are served, and a failure when they are not, or when there are
    none to ask. One that passes without users says nothing of them; beside users it passes, and where they
    are served badly the disagreement is said. (The table is that of `probes.values.together`.)
    """
    if check == "fail":
        felt = {"fine": ", users do not feel it", "bad": ", as users do", "silent": ", and no users tell"}
        return Part("check", WARNS if both == "warn" else FAILS, f"the check {title} fails{felt[users]}")
    if check == "pass" and users != "silent":
        against = ", though users are served badly" if users == "bad" else ""
        return Part("check", PASSES, f"the check {title} passes{against}")
    return None


def worst(parts: Iterable[Part | None]) -> float | None:
    """The service's own signal; None when there is no part."""
    return min((part.value for part in parts if part is not None), default=None)


def share_of_calls(calls: int, requests: int) -> float:
    """Calls per request of the caller, at most 1; 1 for a caller that calls and counts no requests itself."""
    if calls <= 0:
        return 0.0
    return min(1.0, calls / requests) if requests > 0 else 1.0


def _percent(share: float) -> str:
    return f"{share * 100:.2f}".rstrip("0").rstrip(".") + " %"
