"""The judge `budget`: caps how much of an SLO's error budget a rollout may burn. Django-free.

Spent = max(0, bad - total * normal share) / ((1 - target) * requests of the period): the surplus of the new
version over what the old one beside it fails anyway. Fails above `most`, a share of the period's
budget. Burn rates are too slow for a bake: at 99.9 %, 1 % of errors never halts within an hour (measured).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rollouts.gates.judges import spans
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.judges.sequential import waiting
from rollouts.gates.judges.words import percent, times
from rollouts.gates.values import Word

DEFAULTS: Mapping[str, Any] = {
    "what": "The new version",
    "signal": "errors",
    "most": 0.02,
    "normal": 0.0,
    "min_requests": 1,
    "warm_up": 0,
}


LEAST_LEFT = 0.1
"""Of its budget a service must have so much left to begin."""


def may_begin(title: str, remaining: float | None, firing: str) -> Opinion:
    """The start condition: a tenth of the budget left, and nothing burns so fast that somebody is woken.

    `title` names the SLO, `remaining` is None without fresh data, `firing` the urgency of the burn.
    """
    evidence = {"remaining": remaining, "firing": firing, "least": LEAST_LEFT}
    if remaining is None:
        return Opinion(Word.NO_DATA, f"{title} cannot be said: nothing was counted lately.", evidence)
    left = f"{percent(remaining)} of its error budget left"
    said = f"{title} has {left if remaining >= 0 else 'overspent its error budget'}"
    if firing == "page":
        return Opinion(Word.PENDING, f"{said} and burns it too fast. It waits until that is over.", evidence)
    if remaining < LEAST_LEFT:
        return Opinion(Word.PENDING, f"{said}. It waits until {percent(LEAST_LEFT)} are left.", evidence)
    return Opinion(Word.PASS, f"{said}.", evidence)


class Budget:
    """J4: needs `target` (share that is to be good) and `period_total` (requests of the SLO's period).

    `normal` is the share that is bad anyway, where no old version runs beside.
    """

    def start(self, settings: Mapping[str, Any]) -> State:
        """The state before any window."""
        return {
            "settings": {**DEFAULTS, **settings},
            "last": None,
            "warmed": 0,
            "silent": 0,
            "measured": 0,
            "bad": 0,
            "total": 0,
            "baseline_bad": 0,
            "baseline_total": 0,
            "enough": [],
        }

    def update(self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]) -> tuple[State, Opinion]:
        """Take in closed windows, oldest first; one that was taken in before changes nothing."""
        new = {**state, "enough": [*state["enough"]]}
        for window in windows:
            if new["last"] is None or window.start > new["last"]:
                _take(new, window)
        return new, opinion(new)


def _take(state: State, window: JudgedWindow) -> None:
    state["last"] = window.start
    if state["warmed"] < state["settings"]["warm_up"]:
        state["warmed"] += 1
        return
    if window.gap or window.total <= 0:
        state["silent"] += 1
        return
    state["silent"] = 0
    state["measured"] += 1
    for name in ("bad", "total", "baseline_bad", "baseline_total"):
        state[name] += getattr(window, name)
    if window.counts and state["total"] >= state["settings"]["min_requests"]:
        state["enough"] = spans.add(state["enough"], window.start, window.start + window.length)


def spent(state: Mapping[str, Any]) -> float | None:
    """The share of the period's budget that the surplus of bad requests has used; None: unknown."""
    settings = state["settings"]
    budget = (1 - settings["target"]) * settings["period_total"]
    if budget <= 0:
        return None
    normal = (
        state["baseline_bad"] / state["baseline_total"] if state["baseline_total"] else settings["normal"]
    )
    return float(max(0.0, state["bad"] - state["total"] * normal) / budget)


def opinion(state: Mapping[str, Any]) -> Opinion:
    """The verdict that a state stands for."""
    word, sentence = _worded(state)
    settings = state["settings"]
    evidence = {
        **{key: settings[key] for key in ("signal", "most", "min_requests", "warm_up")},
        **{key: state[key] for key in ("bad", "total", "baseline_bad", "baseline_total")},
        "target": settings["target"],
        "period_total": settings["period_total"],
        "spent": spent(state),
        "measurements": state["measured"],
        "silent_windows": state["silent"],
        "last_window": state["last"],
    }
    return Opinion(word, sentence, evidence)


def _worded(state: Mapping[str, Any]) -> tuple[Word, str]:
    settings = state["settings"]
    used = spent(state)
    if used is None:
        return Word.NO_DATA, "The error budget cannot be said: the SLO has counted no requests."
    most = percent(settings["most"])
    said = f"{settings['what']} has spent {percent(used)} of the error budget, allowed are {most}"
    if used > settings["most"]:
        return Word.FAIL, f"{said}."
    if state["silent"]:
        many = "the newest window" if state["silent"] == 1 else f"the last {times(state['silent'], 'window')}"
        return Word.NO_DATA, f"{settings['what']} cannot be said: no data in {many}."
    if not state["measured"]:
        return Word.PENDING, f"{settings['what']} {waiting(state)}."
    if state["total"] < settings["min_requests"]:
        left = f"{state['total']:,.0f} of {settings['min_requests']:,} requests so far"
        return Word.PENDING, f"{settings['what']} waits for requests: {left}."
    return Word.PASS, f"{said}."
