"""The judge `limit`: fails at k breaches among the last n measurements. Django-free.

A measurement is one window with enough requests; windows with too few are put together, oldest first,
until they have enough, so that a quiet service is judged as well, only later. The first `warm_up`
windows are discarded. A window in which nobody asked or nothing happened is no data, never 0.

The words: fail at k breaches, until what was measured is older than n silent windows; no data when
the newest window is silent; pending until the first measurement, and while the newest one breaches
without the k being full; pass otherwise, with a warning if a measurement among the last n breached.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rollouts.gates.judges import spans
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.judges.words import amount, counted, times, units
from rollouts.gates.values import Word

DEFAULTS: Mapping[str, Any] = {
    "what": "The measurement",
    "signal": "errors",
    "direction": "above",
    "breach_count": 3,
    "breach_of": 5,
    "min_requests": 1,
    "warm_up": 0,
}


class Limit:
    """J1: shows a value and a limit, never certainty. See the module's words."""

    def start(self, settings: Mapping[str, Any]) -> State:
        """The state before any window; `limit` is required, DEFAULTS has the rest.

        `direction` is `above` when more is worse, `below` when less is. Shares (errors, latency) are
        judged by counts, other signals by value.
        """
        return {
            "settings": {**DEFAULTS, **settings},
            "last": None,
            "warmed": 0,
            "silent": 0,
            "measured": 0,
            "thin": None,
            "recent": [],
            "enough": [],
        }

    def update(self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]) -> tuple[State, Opinion]:
        """Take in closed windows, oldest first; one that was taken in before changes nothing."""
        new = {**state, "recent": [*state["recent"]], "enough": [*state["enough"]]}
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
    if _silent(settings, window):
        state["silent"] += 1
        if state["silent"] >= settings["breach_of"]:
            state["recent"], state["thin"] = [], None
        return
    state["silent"] = 0
    measurement = _measured(state, window)
    if measurement is None:
        return
    state["measured"] += 1
    state["recent"] = [*state["recent"], measurement][-settings["breach_of"] :]


def _silent(settings: Mapping[str, Any], window: JudgedWindow) -> bool:
    """Nobody could be asked, or there was nothing to measure."""
    if window.gap:
        return True
    return window.total <= 0 if counted(settings["signal"]) else window.value is None


def _measured(state: State, window: JudgedWindow) -> dict[str, Any] | None:
    """The measurement that this window completes, if it does."""
    settings = state["settings"]
    if not counted(settings["signal"]):
        _enough(state, [window.start] if window.counts else [], window.length)
        return _weighed(settings, {"start": window.start, "value": window.value, "windows": 1}, window)
    before = state["thin"] or {"start": window.start, "bad": 0, "total": 0, "windows": 0, "baked": []}
    together = {
        "start": before["start"],
        "bad": before["bad"] + window.bad,
        "total": before["total"] + window.total,
        "windows": before["windows"] + 1,
        "baked": before["baked"] + ([window.start] if window.counts else []),
    }
    if together["total"] < settings["min_requests"]:
        state["thin"] = together
        return None
    state["thin"] = None
    _enough(state, together.pop("baked"), window.length)
    return _weighed(settings, {**together, "value": together["bad"] / together["total"]}, window)


def _weighed(settings: Mapping[str, Any], found: dict[str, Any], window: JudgedWindow) -> dict[str, Any]:
    value, limit = found["value"], settings["limit"]
    breach = value < limit if settings["direction"] == "below" else value > limit
    return {**found, "end": window.start + window.length, "breach": breach, "seen_by": window.seen_by}


def _enough(state: State, starts: Sequence[int], length: int) -> None:
    for start in starts:
        state["enough"] = spans.add(state["enough"], start, start + length)


def opinion(state: Mapping[str, Any]) -> Opinion:
    """The verdict that a state stands for."""
    settings, recent = state["settings"], state["recent"]
    breaches = sum(1 for each in recent if each["breach"])
    if breaches >= settings["breach_count"]:
        return _said(state, Word.FAIL, breaches, _crossed(settings, recent, breaches))
    if state["silent"]:
        return _said(state, Word.NO_DATA, breaches, _silence(state))
    if not recent:
        return _said(state, Word.PENDING, breaches, _waiting(state))
    if recent[-1]["breach"]:
        said = f"{_crossed(settings, recent, breaches)} It fails at {settings['breach_count']}."
        return _said(state, Word.PENDING, breaches, said)
    if breaches:
        return _said(state, Word.PASS, breaches, _crossed(settings, recent, breaches), warning=True)
    said = f"{_newest(settings, recent[-1])}: inside the limit of {_limit(settings)}."
    return _said(state, Word.PASS, breaches, said)


def _said(
    state: Mapping[str, Any], word: Word, breaches: int, sentence: str, *, warning: bool = False
) -> Opinion:
    settings = state["settings"]
    keys = ("signal", "direction", "limit", "breach_count", "breach_of", "min_requests", "warm_up")
    evidence = {
        **{key: settings[key] for key in keys},
        "breaches": breaches,
        "measurements": state["measured"],
        "recent": state["recent"],
        "silent_windows": state["silent"],
        "last_window": state["last"],
    }
    return Opinion(word, sentence, evidence, warning)


def _limit(settings: Mapping[str, Any]) -> str:
    return amount(settings["signal"], settings["limit"])


def _newest(settings: Mapping[str, Any], newest: Mapping[str, Any]) -> str:
    value = amount(settings["signal"], newest["value"])
    if not counted(settings["signal"]):
        return f"{settings['what']} is {value}"
    what = units(newest["bad"], newest["total"], settings.get("counted", "requests"))
    seen = f", as its {newest['seen_by']} counted" if newest["seen_by"] == "callers" else ""
    return f"{settings['what']} is {value} ({what}{seen})"


def _crossed(settings: Mapping[str, Any], recent: Sequence[Mapping[str, Any]], breaches: int) -> str:
    side = "under" if settings["direction"] == "below" else "over"
    many = f"{breaches} of the last {times(len(recent), 'measurement')}"
    verb = "is" if breaches == 1 else "are"
    return f"{_newest(settings, recent[-1])}; {many} {verb} {side} the limit of {_limit(settings)}."


def _silence(state: Mapping[str, Any]) -> str:
    settings = state["settings"]
    many = "the newest window" if state["silent"] == 1 else f"the last {state['silent']} windows"
    return f"{settings['what']} cannot be said: no data in {many}."


def _waiting(state: Mapping[str, Any]) -> str:
    settings, thin = state["settings"], state["thin"]
    left = settings["warm_up"] - state["warmed"]
    if left > 0:
        return f"{settings['what']} is warming up: {times(left, 'window')} to go."
    if thin:
        so_far = f"{thin['total']:.0f} of {settings['min_requests']} so far"
        return f"{settings['what']} waits for {settings.get('counted', 'requests')}: {so_far}."
    return f"{settings['what']} waits for its first window."
