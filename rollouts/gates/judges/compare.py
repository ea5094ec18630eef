"""The judge `compare`: the canary's share of bad requests against that of the old version. Django-free.

Fails when "more than rho0 times the baseline's share" is proven, however often one looks: see `pairs` for
what a window says, `mixture` for how it adds up and `sequential` for the words. The same process with
the arms swapped and rho 1/2 proves that the canary is better than twice the baseline: enough data to
exclude a doubling. That never ends a bake early.
"""

from collections.abc import Mapping
from typing import Any

from rollouts.gates.judges import mixture, pairs
from rollouts.gates.judges.pairs import Arms
from rollouts.gates.judges.protocol import JudgedWindow, State
from rollouts.gates.judges.sequential import DEFAULTS, Sequential
from rollouts.gates.judges.words import percent, times

HALF = 0.5


class Compare(Sequential):
    """J3, the default for canaries: `rho0` 1.25 says that a quarter more than the baseline is fine."""

    defaults = {**DEFAULTS, "rho0": 1.25, "beside": "the old version"}

    def silent(self, window: JudgedWindow) -> str:
        if window.gap or window.total <= 0:
            return "no data"
        return "nothing to compare with" if window.baseline_total <= 0 else ""

    def weigh(self, state: State, window: JudgedWindow) -> None:
        settings = state["settings"]
        arms = Arms(window.bad, window.total, window.baseline_bad, window.baseline_total)
        most = mixture.cap(settings["alpha"])
        more = state["more"] or _nothing()
        found = pairs.increments(arms, settings["rho0"], more["learned"])
        state["process"], state["log_e"] = mixture.begin_any_time(
            state["process"], found, state["measured"], most
        )
        better = pairs.increments(arms.swapped, HALF, more["learned_swapped"])
        process, log_e = mixture.begun(more["process"], better, most)
        state["more"] = {
            "learned": pairs.learn(more["learned"], arms),
            "learned_swapped": pairs.learn(more["learned_swapped"], arms.swapped),
            "process": process,
            "most": max(more["most"], log_e),
        }

    def normal(self, settings: Mapping[str, Any], window: JudgedWindow) -> float:
        return (window.baseline_bad + 1) / window.baseline_total

    def worse(self, settings: Mapping[str, Any], window: JudgedWindow) -> bool:
        ours, theirs = window.bad * window.baseline_total, window.baseline_bad * window.total
        return bool(ours > settings["rho0"] * theirs)

    def allowed(self, state: Mapping[str, Any]) -> str:
        settings = state["settings"]
        beside = f"{percent(state['baseline_bad'] / state['baseline_total'])} of {settings['beside']}"
        if settings["rho0"] == 1:
            return f"the {beside}"
        return f"{settings['rho0']:g} times the {beside}"

    def assured(self, state: Mapping[str, Any]) -> bool:
        more = state["more"]
        return more is not None and more["most"] >= mixture.bar(state["settings"]["alpha"])

    def assurance(self, state: Mapping[str, Any]) -> str:
        if self.assured(state):
            return "A doubling is excluded."
        return f"Not enough traffic to exclude a doubling{_time_left(state)}."


def _time_left(state: Mapping[str, Any]) -> str:
    """How long until a doubling could be excluded, if windows go on adding what they added on average."""
    more, many = state["more"], state["measured"]
    each = [log / many for log in more["process"]]
    windows = mixture.windows_to(more["process"], each, state["settings"]["alpha"])
    if windows is None:
        return " with what was counted so far"
    return f" yet: about {times(windows, 'window')} to go at this traffic"


def _nothing() -> dict[str, Any]:
    return {
        "learned": dict(pairs.NOTHING),
        "learned_swapped": dict(pairs.NOTHING),
        "process": [*mixture.FROM_ONE],
        "most": 0.0,
    }
