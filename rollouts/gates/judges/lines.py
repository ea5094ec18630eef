"""Judges streams given as JSON lines: for `manage.py gate judge`, without a database. Django-free.

A line is `{"gate": {"kind": …}, "minutes": [{"t": 1, "canary": {"bad": 1, "total": 600}, …}, …]}`.
What is wrong with one line costs only that line.
"""

import json
import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NoReturn

from rollouts.gates.judges.budget import Budget
from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.last_week import LastWeek
from rollouts.gates.judges.limit import Limit
from rollouts.gates.judges.limit_e import LimitE
from rollouts.gates.judges.protocol import Judge, JudgedWindow, Opinion, State
from rollouts.gates.judges.sequential import Sequential
from rollouts.gates.values import Word

MOST_BYTES = 10_000_000
MOST_MINUTES = 100_000
MOST_COUNT = 1e15
WINDOW_S = 60
MOST_FACTOR = 1000
DEFAULT_MIN_REQUESTS = 20
DEFAULT_MIN_MINUTES = 3
"""As many as it takes to fail: a pass after fewer would say nothing."""

JUDGES: Mapping[str, Judge] = {
    "compare": Compare(),
    "limit-e": LimitE(),
    "limit": Limit(),
    "budget": Budget(),
    "last-week": LastWeek(),
}
# The whole stream is one bake: nothing is forgotten, and a fail stays one.
LATCHED = {"forget_after": 0, "recover_after": 0}
SAID = {"what": "The canary's share of bad requests", "beside": "the baseline"}


class BadLine(ValueError):
    """The line cannot be judged; `str()` says what is wrong with it."""


def _factor(name: str, value: Any) -> float:
    if not _number(value) or not 1 <= value <= MOST_FACTOR:
        raise BadLine(f"gate.{name} must be a number from 1 to {MOST_FACTOR}: 1.25 allows a quarter more.")
    return float(value)


def _share(low: float, high: float, name: str, value: Any) -> float:
    if not _number(value) or not low < value < high:
        raise BadLine(f"gate.{name} must be a number above {low:g} and below {high:g}.")
    return float(value)


def _whole(low: int, name: str, value: Any) -> int:
    if not _number(value) or value != int(value) or not low <= value <= MOST_COUNT:
        raise BadLine(f"gate.{name} must be a whole number, at least {low}.")
    return int(value)


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadLine(f"gate.{name} must be true or false.")
    return value


SHARE, MANY, SOME = partial(_share, 0, 1), partial(_whole, 0), partial(_whole, 1)
SHARED = {"min_requests": MANY, "warm_up": MANY}
WEIGHED = {**SHARED, "alpha": SHARE, "min_minutes": MANY, "guard": _flag, "assure": _flag}
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "compare": {**WEIGHED, "rho0": _factor},
    "last-week": {**WEIGHED, "rho0": _factor},
    "limit-e": {**WEIGHED, "limit": partial(_share, 0, 0.99)},
    "limit": {**SHARED, "limit": SHARE, "breach_count": SOME, "breach_of": SOME},
    "budget": {
        **SHARED,
        "target": SHARE,
        "period_total": SOME,
        "most": SHARE,
        "normal": partial(_share, -1e-9, 1),
    },
}
NEEDED = {"limit-e": ("limit",), "limit": ("limit",), "budget": ("target", "period_total")}


def answer(line: bytes) -> dict[str, Any]:
    """The verdict on one line. Raises BadLine."""
    document = _document(line)
    kind, settings = _settings(document.get("gate"))
    windows, times = _windows(document.get("minutes"))
    judge = JUDGES[kind]
    state = judge.start(settings)
    state, opinion = judge.update(state, windows)
    if not windows:
        opinion = Opinion(Word.NO_DATA, "There are no minutes to judge.")
    if isinstance(judge, Sequential):
        halt_at = _latched_at(state, opinion, times)
    else:
        halt_at = _halt_at(judge, settings, windows, times)
    return {
        "verdict": opinion.word.value,
        "halt_at": halt_at,
        "log_e": round(state["log_e"], 6) if "log_e" in state else None,
        "sentence": opinion.sentence,
    }


def _latched_at(state: State, opinion: Opinion, times: Sequence[Any]) -> Any:
    """The `t` at which a judge failed that stays failed; None where it did not, or only advises."""
    return times[state["failed_at"] // WINDOW_S] if opinion.word is Word.FAIL else None


def _halt_at(
    judge: Judge, settings: Mapping[str, Any], windows: Sequence[JudgedWindow], times: Sequence[Any]
) -> Any:
    """The `t` of the first minute at which it failed, if it did."""
    now = judge.start(settings)
    for index, window in enumerate(windows):
        now, opinion = judge.update(now, [window])
        if opinion.word is Word.FAIL:
            return times[index]
    return None


def _document(line: bytes) -> Mapping[str, Any]:
    if len(line) > MOST_BYTES:
        raise BadLine(f"The line has more than {MOST_BYTES:,} bytes.")
    try:
        document = json.loads(line.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"The line is no JSON: {str(error)[:120]}.") from None
    if not isinstance(document, dict):
        raise BadLine("The line must be an object with gate and minutes.")
    return document


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _settings(gate: Any) -> tuple[str, dict[str, Any]]:
    if not isinstance(gate, dict):
        raise BadLine("gate must be an object with a kind.")
    kind = gate.get("kind")
    if not isinstance(kind, str) or kind not in JUDGES:
        raise BadLine(f"gate.kind must be one of {', '.join(JUDGES)}.")
    known = SETTINGS[kind]
    unknown = sorted(set(gate) - {"kind", *known})
    if unknown:
        raise BadLine(f"gate has no {_quoted(unknown[0])} for {kind}; it has {', '.join(sorted(known))}.")
    missing = [name for name in NEEDED.get(kind, ()) if name not in gate]
    if missing:
        raise BadLine(f"gate.{missing[0]} is missing; {kind} needs it.")
    given = {name: check(name, gate[name]) for name, check in known.items() if name in gate}
    given["min_windows"] = given.pop("min_minutes", DEFAULT_MIN_MINUTES)
    defaults = {"min_requests": DEFAULT_MIN_REQUESTS, "guard": False, "assure_after": 1, **LATCHED, **SAID}
    return kind, {**defaults, **given}


def _windows(minutes: Any) -> tuple[list[JudgedWindow], list[Any]]:
    if not isinstance(minutes, list):
        raise BadLine("minutes must be a list.")
    if len(minutes) > MOST_MINUTES:
        raise BadLine(f"There are more than {MOST_MINUTES:,} minutes.")
    windows, times = [], []
    before: float | None = None
    for index, minute in enumerate(minutes):
        where = f"minutes[{index}]"
        if not isinstance(minute, dict):
            raise BadLine(f"{where} must be an object.")
        t: Any = minute.get("t")
        if not _number(t) or abs(t) > MOST_COUNT:
            raise BadLine(f"{where}.t must be a number of at most {MOST_COUNT:.0e}.")
        if before is not None and t <= before:
            raise BadLine(f"{where}.t must be later than {before:g}.")
        before = t
        times.append(t)
        windows.append(_window(index, minute, where))
    return windows, times


def _window(index: int, minute: Mapping[str, Any], where: str) -> JudgedWindow:
    unknown = sorted(set(minute) - {"t", "canary", "baseline"})
    if unknown:
        raise BadLine(f"{where} has no {_quoted(unknown[0])}; it has t, canary and baseline.")
    canary = _counts(minute.get("canary"), f"{where}.canary")
    baseline = _counts(minute.get("baseline"), f"{where}.baseline") or (0, 0)
    if canary is None:
        return JudgedWindow(start=index * WINDOW_S, gap=True)
    return JudgedWindow(
        start=index * WINDOW_S,
        bad=canary[0],
        total=canary[1],
        baseline_bad=baseline[0],
        baseline_total=baseline[1],
    )


def _counts(given: Any, where: str) -> tuple[float, float] | None:
    """Bad and all requests; None where nobody could be asked."""
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"bad", "total"}:
        raise BadLine(f"{where} must be an object with bad and total, or null.")
    for name in ("bad", "total"):
        value = given[name]
        if not _number(value) or not 0 <= value <= MOST_COUNT or value != int(value):
            raise BadLine(f"{where}.{name} must be a whole number from 0 to {MOST_COUNT:.0e}.")
    if given["bad"] > given["total"]:
        raise BadLine(f"{where}.bad is more than {where}.total.")
    return given["bad"], given["total"]


def _quoted(name: str) -> str:
    return json.dumps(name[:80])


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, int) or math.isfinite(value)
