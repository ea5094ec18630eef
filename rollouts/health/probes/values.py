"""What a synthetic check is, and what its runs mean together. Django-free."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rollouts.lib.labels import Labelled

MOST_STEPS = 10
MOST_BODY = 1_000_000
VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,39})\s*\}\}")
USERS_BAD = 0.05
"""From this share of bad requests on, real users count as badly served."""


class Standing(Labelled):
    """How a check, or a check and real users together, stand."""

    PASS = "pass"  # noqa: S105 - a word
    WARN = "warn"
    FAIL = "fail"
    NO_DATA = "no_data"


class Users(Labelled):
    """What real users see."""

    FINE = "fine"
    BAD = "bad"
    SILENT = "silent"


@dataclass(frozen=True)
class Step:
    """One request. `extract`: variable to where it is taken from; `expect`: what has to hold."""

    name: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    extract: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, entry: Mapping[str, Any]) -> "Step":
        return cls(**{name: entry[name] for name in cls.__dataclass_fields__ if name in entry})


@dataclass(frozen=True)
class Seen:
    """One run, as far as standing needs it."""

    location: str
    at: datetime
    ok: bool


BOUNDS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 30.0, 60.0)
"""How long runs took is counted up to these: OpenTelemetry's bounds, and two for slow chains of steps."""
SPARE_S = 5
"""A ticker's tick: so much later than it is due a run may begin."""


def span_s(interval_s: float, timeout_s: float, window_s: int) -> int:
    """The length of windows in which every check of this interval ends one run at least, in whole windows.

    Shorter ones would be silent between two runs, and silence is no data.
    """
    return math.ceil((interval_s + timeout_s + SPARE_S) / window_s) * window_s


def users_of(bad: float, total: float) -> Users:
    """What real users see, from the counts of the last minutes."""
    if total <= 0:
        return Users.SILENT
    return Users.BAD if bad / total >= USERS_BAD else Users.FINE


def standing(
    runs: Sequence[Seen], *, locations: Sequence[str], in_a_row: int, interval: timedelta, now: datetime
) -> Standing:
    """Fails when `in_a_row` runs failed one after the other, from two locations where there are two.

    A location that has not run for three intervals says nothing; when none says anything there is no data.
    `runs` newest first.
    """
    bad = heard = 0
    for location in locations:
        mine = [run for run in runs if run.location == location]
        if not mine or now - mine[0].at > 3 * interval:
            continue
        heard += 1
        newest = mine[:in_a_row]
        bad += len(newest) == in_a_row and not any(run.ok for run in newest)
    if not heard:
        return Standing.NO_DATA
    return Standing.FAIL if bad >= min(2, len(locations)) else Standing.PASS


def together(check: Standing, users: Users) -> Standing:
    """A check and real users: a bad check that users do not feel is a warning; silence is never health.

    A check that fails while users are served badly, or while there are none, fails. A check that passes
    without users says nothing of them.
    """
    if check is Standing.NO_DATA:
        return {Users.FINE: Standing.PASS, Users.BAD: Standing.FAIL}.get(users, Standing.NO_DATA)
    if check is Standing.FAIL:
        return Standing.WARN if users is Users.FINE else Standing.FAIL
    if users is Users.SILENT:
        return Standing.NO_DATA
    return Standing.FAIL if users is Users.BAD else Standing.PASS
