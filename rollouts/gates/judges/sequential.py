"""What the judges that weigh evidence share: `compare` and `limit-e`. Django-free.

Each closed window is taken in once. The first `warm_up` windows are discarded; a window in which an arm was
not counted is no data and adds nothing. The evidence that the new version is worse than allowed grows
or falls; at ln(1/alpha) it fails, and stays so however the evidence falls again. The promise: when the
version is not worse than allowed, the chance that it ever fails is at most alpha, however often one looks.

The words: fail once the evidence (or the guard) says so; no data when the newest window is silent; pending
until `min_requests` requests and `min_windows` windows were counted; inconclusive when the gate asks for
assurance and has none after `assure_after` windows; pass otherwise.

Silence alone forgets nothing, or it would buy the evidence a new start. A fail ends in two ways, so that
people may resume what they mended: after `forget_after` silent windows, and after `recover_after` windows
in a row in which the version was no worse than allowed (0: never).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from rollouts.gates.judges import mixture, spans
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.judges.words import percent, times, units
from rollouts.gates.values import Word

DEFAULTS: Mapping[str, Any] = {
    "what": "The measurement",
    "signal": "errors",
    "alpha": 0.05,
    "min_requests": 1,
    "min_windows": 1,
    "warm_up": 0,
    "guard": True,
    "assure": False,
    "assure_after": 0,
    "forget_after": 5,
    "recover_after": 5,
}
GUARD_BAD, GUARD_SHARE, GUARD_TIMES = 10, 0.1, 5
"""One look is enough for a catastrophe: 10 bad requests, a tenth of all, five times what is normal."""
RECENT = 5


class Sequential(ABC):
    """One process of evidence; the subclasses say what a window adds to it."""

    defaults: Mapping[str, Any] = DEFAULTS

    def start(self, settings: Mapping[str, Any]) -> State:
        """The state before any window; DEFAULTS has what `settings` may say. Small JSON."""
        given = {**self.defaults, **settings}
        quiet = {"silent": 0, "why": ""}
        return {"settings": given, "last": None, "warmed": 0, "enough": [], **quiet, **_afresh()}

    def update(self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]) -> tuple[State, Opinion]:
        """Take in closed windows, oldest first; one that was taken in before changes nothing."""
        new = {**state}  # nothing inside is changed in its place
        for window in windows:
            if new["last"] is None or window.start > new["last"]:
                self._take(new, window)
        return new, self.opinion(new)

    def course(
        self, state: Mapping[str, Any], windows: Sequence[JudgedWindow]
    ) -> list[tuple[int, float | None]]:
        """The evidence after each window, by the window's start, as a share of what fails.

        0 when nothing says that it is worse; above 1 it went on growing after it had failed; None where
        nothing was counted.
        """
        new = {**state}  # nothing inside is changed in its place
        found: list[tuple[int, float | None]] = []
        for window in windows:
            warmed = new["warmed"]
            self._take(new, window)
            counted = new["warmed"] == warmed and not new["silent"]
            share = max(0.0, new["log_e"]) / mixture.bar(new["settings"]["alpha"])
            found.append((window.start, share if counted else None))
        return found

    # --- what a judge says of a window -----------------------------------------------------------

    @abstractmethod
    def silent(self, window: JudgedWindow) -> str:
        """Why nothing can be learned from the window; empty when something can."""

    @abstractmethod
    def weigh(self, state: State, window: JudgedWindow) -> None:
        """Takes the window's counts into the process, and sets `log_e`."""

    @abstractmethod
    def normal(self, settings: Mapping[str, Any], window: JudgedWindow) -> float:
        """The share of bad requests that is normal, for the guard."""

    @abstractmethod
    def worse(self, settings: Mapping[str, Any], window: JudgedWindow) -> bool:
        """Whether the window alone was worse than allowed."""

    @abstractmethod
    def allowed(self, state: Mapping[str, Any]) -> str:
        """What is allowed, in words: "at most 1.25 times the 0.4 % of 2.4.0"."""

    def assurance(self, state: Mapping[str, Any]) -> str:
        """What the counts exclude by now, in words; empty where the judge excludes nothing."""
        return ""

    def assured(self, state: Mapping[str, Any]) -> bool:
        """Whether there is enough data to exclude a doubling."""
        return False

    # --- bookkeeping -----------------------------------------------------------------------------

    def _take(self, state: State, window: JudgedWindow) -> None:
        settings = state["settings"]
        state["last"] = window.start
        if state["warmed"] < settings["warm_up"]:
            state["warmed"] += 1
            return
        if why := self.silent(window):
            state["silent"] += 1
            state["why"] = why
            if state["failed_at"] is not None and state["silent"] == settings["forget_after"]:
                state.update(_afresh())
            return
        state["silent"] = 0
        self._count(state, window)
        self.weigh(state, window)
        state["most"] = state["log_e"] if state["most"] is None else max(state["most"], state["log_e"])
        self._decide(state, window)

    def _count(self, state: State, window: JudgedWindow) -> None:
        settings = state["settings"]
        state["measured"] += 1
        for name in ("bad", "total", "baseline_bad", "baseline_total"):
            state[name] += getattr(window, name)
        state["recent"] = [*state["recent"], _brief(window)][-RECENT:]
        thin = state["thin"]
        thin = {
            "total": thin["total"] + window.total,
            "baked": thin["baked"] + ([[window.start, window.length]] if window.counts else []),
        }
        if thin["total"] >= settings["min_requests"]:
            for start, length in thin["baked"]:
                state["enough"] = spans.add(state["enough"], start, start + length)
            thin = {"total": 0, "baked": []}
        state["thin"] = thin

    def _decide(self, state: State, window: JudgedWindow) -> None:
        settings = state["settings"]
        if state["failed_at"] is None:
            guarded = settings["guard"] and is_catastrophe(window, self.normal(settings, window))
            if guarded or state["most"] >= mixture.bar(settings["alpha"]):
                state["failed_at"], state["guarded"] = window.start, bool(guarded)
            return
        state["well"] = 0 if self.worse(settings, window) else state["well"] + 1
        if settings["recover_after"] and state["well"] >= settings["recover_after"]:
            state.update(_afresh())

    # --- words -----------------------------------------------------------------------------------

    def opinion(self, state: Mapping[str, Any]) -> Opinion:
        """The verdict that a state stands for."""
        word, sentence = self._worded(state)
        settings = state["settings"]
        bar = mixture.bar(settings["alpha"])
        evidence = {
            **{key: value for key, value in settings.items() if key != "what"},
            "log_e": state["log_e"],
            "bar": bar,
            "strength": strength(state),
            "measurements": state["measured"],
            "bad": state["bad"],
            "total": state["total"],
            "baseline_bad": state["baseline_bad"],
            "baseline_total": state["baseline_total"],
            "assured": self.assured(state),
            "failed_at": state["failed_at"],
            "guarded": state["guarded"],
            "recent": state["recent"],
            "silent_windows": state["silent"],
            "last_window": state["last"],
        }
        return Opinion(word, sentence, evidence)

    def _worded(self, state: Mapping[str, Any]) -> tuple[Word, str]:
        settings = state["settings"]
        if state["failed_at"] is not None:
            return Word.FAIL, self._failed(state)
        if state["silent"]:
            many = "the newest window" if state["silent"] == 1 else f"the last {state['silent']} windows"
            return Word.NO_DATA, f"{settings['what']} cannot be said: {state['why']} in {many}."
        if not state["measured"]:
            return Word.PENDING, f"{settings['what']} {waiting(state)}."
        if waits := self._waits(state):
            return Word.PENDING, f"{self._found(state)}. {waits}"
        if settings["assure"] and not self.assured(state):
            return self._unassured(state)
        return Word.PASS, f"{self._found(state)}; {self._evidence(state)}.{self._also(state)}"

    def _found(self, state: Mapping[str, Any]) -> str:
        share = state["bad"] / state["total"]
        counts = units(state["bad"], state["total"], state["settings"].get("counted", "requests"))
        seen = state["recent"][-1]["seen_by"] == "callers"
        by = ", as its callers counted" if seen else ""
        what = f"{state['settings']['what']} is {percent(share)} ({counts}{by})"
        return f"{what}, allowed is {self.allowed(state)}"

    def _failed(self, state: Mapping[str, Any]) -> str:
        if state["guarded"]:
            return f"{self._found(state)}: so much in one window that no more evidence is needed."
        alpha = state["settings"]["alpha"]
        return (
            f"{self._found(state)}: it is worse than that. Were it not, such evidence would come up "
            f"in at most {percent(alpha)} of rollouts."
        )

    def _evidence(self, state: Mapping[str, Any]) -> str:
        if (share := strength(state)) <= 0:
            return "nothing says that it is worse"
        return f"the evidence that it is worse stands at {share * 100:.0f} % of what fails it"

    def _also(self, state: Mapping[str, Any]) -> str:
        said = self.assurance(state)
        return f" {said}" if said else ""

    def _waits(self, state: Mapping[str, Any]) -> str:
        """What is missing to say anything, and how long that takes at this traffic."""
        settings = state["settings"]
        missing = settings["min_requests"] - state["total"]
        each = state["total"] / state["measured"]
        windows = max(settings["min_windows"] - state["measured"], math.ceil(missing / each))
        if windows <= 0:
            return ""
        said = f"It can decide in about {times(windows, 'window')}"
        if missing > 0:
            return f"{said}, at {settings['min_requests']:,} {settings.get('counted', 'requests')}."
        return f"{said}."

    def _unassured(self, state: Mapping[str, Any]) -> tuple[Word, str]:
        settings = state["settings"]
        late = settings["assure_after"] and state["measured"] >= settings["assure_after"]
        return (Word.INCONCLUSIVE if late else Word.PENDING), f"{self._found(state)}.{self._also(state)}"


def _afresh() -> State:
    """A process that has seen nothing; warm-up, silence and bake go on."""
    return {
        "measured": 0,
        "bad": 0,
        "total": 0,
        "baseline_bad": 0,
        "baseline_total": 0,
        "process": [*mixture.NOT_BEGUN],
        "log_e": 0.0,
        "most": None,
        "failed_at": None,
        "guarded": False,
        "well": 0,
        "thin": {"total": 0, "baked": []},
        "recent": [],
        "more": None,
    }


def waiting(state: Mapping[str, Any]) -> str:
    """Why nothing was measured yet."""
    left = state["settings"]["warm_up"] - state["warmed"]
    return f"is warming up: {times(left, 'window')} to go" if left > 0 else "waits for its first window"


def _brief(window: JudgedWindow) -> dict[str, Any]:
    return {
        "start": window.start,
        "bad": window.bad,
        "total": window.total,
        "value": window.bad / window.total,
        "baseline_bad": window.baseline_bad,
        "baseline_total": window.baseline_total,
        "seen_by": window.seen_by,
    }


def strength(state: Mapping[str, Any]) -> float:
    """The highest evidence so far as a share of what fails: 0 to 1."""
    most = max(0.0, state["most"] or 0.0)
    return float(min(1.0, most / mixture.bar(state["settings"]["alpha"])))


def is_catastrophe(window: JudgedWindow, normal: float) -> bool:
    """Whether one look at a window is enough."""
    if window.bad < GUARD_BAD:
        return False
    share = window.bad / window.total
    return share >= GUARD_SHARE and share >= GUARD_TIMES * normal
