"""The judge of exposure: the share that was granted against the share that is measured. Django-free.

A window is off when the measured share differs from the granted one by more than the tolerance *and*
the count lies outside the interval that holds 99.9 % of what chance would do at the granted share, so
that little traffic alone is no failure. Two windows off, one after the other, fail.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from rollouts.gates.judges import binomial
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.judges.words import percent, times, units
from rollouts.gates.values import Word

DEFAULTS: Mapping[str, Any] = {
    "what": "The new version's share of traffic",
    "granted": 0.0,
    "tolerance": 5.0,
    "confidence": 0.999,
    "windows": 2,
    "forget_after": 5,
    "warm_up": 0,
}


class Exposure:
    """In its windows `bad` is the requests to the new version, of `total` to all versions."""

    def start(self, settings: Mapping[str, Any]) -> State:
        """The state before any window. `granted` is a share from 0 to 1, `tolerance` percentage points."""
        return {"settings": {**DEFAULTS, **settings}, "last": None, "warmed": 0, "silent": 0, "recent": []}

    def update(self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]) -> tuple[State, Opinion]:
        """Take in closed windows, oldest first; one that was taken in before changes nothing."""
        new = {**state, "recent": [*state["recent"]]}
        for window in windows:
            if new["last"] is None or window.start > new["last"]:
                _take(new, window)
        return new, opinion(new)


def _take(state: State, window: JudgedWindow) -> None:
    settings = state["settings"]
    state["last"] = window.start
    if state["warmed"] < settings["warm_up"]:
        state["warmed"] += 1
        return
    if window.gap or window.total <= 0:
        state["silent"] += 1
        if state["silent"] >= settings["forget_after"]:
            state["recent"] = []
        return
    state["silent"] = 0
    found = {
        "start": window.start,
        "exposed": window.bad,
        "total": window.total,
        "off": is_off(window.bad, window.total, settings),
    }
    state["recent"] = [*state["recent"], found][-settings["windows"] :]


def is_off(exposed: float, total: float, settings: Mapping[str, Any]) -> bool:
    """Outside the tolerance and outside what chance explains."""
    granted = settings["granted"]
    # Rounded: 95 of 100 where all were granted is 5 points off exactly, and that is within a tolerance of 5.
    if round(abs(exposed / total - granted) * 100, 9) <= settings["tolerance"]:
        return False
    return binomial.outside(round(exposed), round(total), granted, settings["confidence"])


def opinion(state: Mapping[str, Any]) -> Opinion:
    """The verdict that a state stands for."""
    settings, recent = state["settings"], state["recent"]
    off = 0
    for each in reversed(recent):
        if not each["off"]:
            break
        off += 1
    word, sentence = _worded(state, off)
    keys = ("granted", "tolerance", "confidence", "windows", "warm_up")
    evidence = {
        **{key: settings[key] for key in keys},
        "recent": recent,
        "off": off,
        "silent_windows": state["silent"],
        "last_window": state["last"],
    }
    return Opinion(word, sentence, evidence)


def _worded(state: Mapping[str, Any], off: int) -> tuple[Word, str]:
    settings, recent = state["settings"], state["recent"]
    granted = f"granted are {percent(settings['granted'])}"
    if off >= settings["windows"]:
        return Word.FAIL, f"{_newest(state)}, {granted}: off for {times(off, 'window')} in a row."
    if state["silent"]:
        return (
            Word.NO_DATA,
            f"{settings['what']} cannot be said: no traffic was counted in the newest window.",
        )
    if not recent:
        left = settings["warm_up"] - state["warmed"]
        said = f"is warming up: {times(left, 'window')} to go" if left > 0 else "waits for its first window"
        return Word.PENDING, f"{settings['what']} {said}."
    if off:
        return (
            Word.PENDING,
            f"{_newest(state)}, {granted}: off in one window, it fails at {settings['windows']}.",
        )
    return Word.PASS, f"{_newest(state)}, {granted}: they agree."


def _newest(state: Mapping[str, Any]) -> str:
    newest = state["recent"][-1]
    share = percent(newest["exposed"] / newest["total"])
    return f"{state['settings']['what']} is {share} ({units(newest['exposed'], newest['total'])})"


class Reading(StrEnum):
    """What is left of the new version's traffic."""

    ZERO = "zero"
    NOT_ZERO = "not_zero"
    NO_DATA = "no_data"


def reading(windows: Sequence[JudgedWindow], *, needed: int = 2) -> Reading:
    """Whether the newest `needed` windows show traffic, and none of it on the new version."""
    newest = windows[-needed:]
    if any(not window.gap and window.bad > 0 for window in newest):
        return Reading.NOT_ZERO
    counted = [window for window in newest if not window.gap and window.total > 0]
    return Reading.ZERO if len(counted) >= needed else Reading.NO_DATA
