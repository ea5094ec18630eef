"""What a back-test of one gate found, in numbers, in one sentence, and what it proposes. Django-free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.gates.backtest.replaying import Tally, tally
from rollouts.gates.backtest.splitting import Shift, arms, thinned, worsened
from rollouts.gates.judges.protocol import Judge, JudgedWindow
from rollouts.gates.judges.words import counted, percent
from rollouts.lib.documents.durations import spoken

MARGINS = (1.0, 1.25, 1.5, 2.0)
SHIFTS = (Shift(2.0), Shift(5.0))
TRAFFIC = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01)
CAUGHT = 0.8
"""The share of bakes in which a shift must be seen, for the gate to be able to decide."""
TOLERATED = 0.01
"""Halts with nothing wrong among bakes that a proposed margin may have."""
LEAST_SHIFT = 0.01
"""What a shift of a faultless service rises to: there is nothing to multiply."""
COMPARES = frozenset({"compare"})
WEIGHS = frozenset({"compare", "limit-e"})


@dataclass(frozen=True)
class Asked:
    """What is to be tried: a judge with its settings, on past windows of the whole service.

    `share`: of the traffic that the stage grants. `length`: windows of the bake. `shift`: the effect that the
    planner wants to see. `left_out`: older windows that were asked for and are too many.
    """

    judge_name: str
    judge: Judge
    settings: Mapping[str, Any]
    windows: Sequence[JudgedWindow]
    share: float
    length: int
    window_s: int
    shift: Shift = SHIFTS[0]
    left_out: int = 0


@dataclass(frozen=True)
class Found:
    """Back-test of one gate. `healthy`: by margin (one entry where the judge has none), `used` its own.

    `since`: start of the oldest window that was looked at, in Unix seconds; `left_out` older ones were not.
    `sound`: calm on healthy bakes, and able to see the shift; None: not one whole bake was measured.
    """

    used: str
    healthy: dict[str, Tally]
    shifts: dict[str, Tally]
    traffic: dict[str, Tally]
    least_traffic: float | None
    requests_s: float
    sentence: str
    proposals: tuple[str, ...]
    silent_windows: int
    windows: int
    window_s: int
    length: int
    asked_shift: str = SHIFTS[0].name
    left_out: int = 0
    since: int | None = None
    past: list[dict[str, Any]] = field(default_factory=list)

    @property
    def sound(self) -> bool | None:
        share = self.healthy[self.used].share
        return None if share is None else share <= TOLERATED and self.least_traffic is not None

    def as_json(self) -> dict[str, Any]:
        return {
            "used": self.used,
            "healthy": {name: one.as_json() for name, one in self.healthy.items()},
            "asked_shift": self.asked_shift,
            "shifts": {name: one.as_json() for name, one in self.shifts.items()},
            "traffic": {name: one.as_json() for name, one in self.traffic.items()},
            "least_traffic": self.least_traffic,
            "requests_s": self.requests_s,
            "sentence": self.sentence,
            "proposals": list(self.proposals),
            "silent_windows": self.silent_windows,
            "left_out": self.left_out,
            "since_at": datetime.fromtimestamp(self.since, UTC).isoformat()
            if self.since is not None
            else None,
            "windows": self.windows,
            "window_s": self.window_s,
            "bake_windows": self.length,
            "past": self.past,
        }


def back_test(asked: Asked) -> Found:
    """Tries the gate on what was measured: with nothing wrong, with shifts, and with less traffic."""
    split = arms(asked.windows, asked.share)
    healthy = _healthy(asked, split)
    used = healthy[_used(asked)]
    shifts = {
        shift.name: _tally(asked, _worse(asked, split, shift))
        for shift in dict.fromkeys((asked.shift, *SHIFTS))
    }
    traffic = _traffic(asked, split)
    least = min((float(name) for name, one in traffic.items() if (one.share or 0) >= CAUGHT), default=None)
    told = [window for window in asked.windows if not window.gap and window.total > 0]
    requests = sum(window.total for window in told) / (len(told) * asked.window_s) if told else 0.0
    return Found(
        used=_used(asked),
        healthy=healthy,
        shifts=shifts,
        traffic=traffic,
        least_traffic=least,
        requests_s=requests,
        sentence=_sentence(asked, used, shifts[asked.shift.name]),
        asked_shift=asked.shift.name,
        left_out=asked.left_out,
        since=asked.windows[0].start if asked.windows else None,
        proposals=tuple(_proposals(asked, healthy, shifts, least, requests)),
        silent_windows=len(asked.windows) - len(told),
        windows=len(asked.windows),
        window_s=asked.window_s,
        length=asked.length,
    )


def _worse(asked: Asked, split: Sequence[JudgedWindow], shift: Shift) -> list[JudgedWindow]:
    """More bad requests; of a number that is no share, more of it, or less where less is worse."""
    if counted(str(asked.settings["signal"])):
        return worsened(split, shift, least=LEAST_SHIFT)
    times = 1 / shift.times if asked.settings.get("direction") == "below" else shift.times
    return [replace(one, value=None if one.value is None else one.value * times) for one in split]


def _tally(asked: Asked, windows: Sequence[JudgedWindow], **changed: Any) -> Tally:
    return tally(asked.judge, {**asked.settings, **changed}, windows, asked.length)


def _used(asked: Asked) -> str:
    """The margin that the gate has, as a name; of a judge without one, its own name."""
    return f"{asked.settings['rho0']:g}" if asked.judge_name in COMPARES else asked.judge_name


def _healthy(asked: Asked, split: Sequence[JudgedWindow]) -> dict[str, Tally]:
    if asked.judge_name not in COMPARES:
        return {asked.judge_name: _tally(asked, split)}
    margins = sorted({*MARGINS, float(asked.settings["rho0"])})
    return {f"{margin:g}": _tally(asked, split, rho0=margin) for margin in margins}


def _traffic(asked: Asked, split: Sequence[JudgedWindow]) -> dict[str, Tally]:
    """Whether the shift is still seen with less traffic; stops where it is not."""
    worse = _worse(asked, split, asked.shift)
    if not counted(str(asked.settings["signal"])):
        return {"1": _tally(asked, worse)}
    found: dict[str, Tally] = {}
    for share in TRAFFIC:
        found[f"{share:g}"] = one = _tally(asked, worse if share == 1 else thinned(worse, share))
        if (one.share or 0) < CAUGHT:
            break
    return found


def _sentence(asked: Asked, used: Tally, shift: Tally) -> str:
    bake = _time(asked.length * asked.window_s)
    if not used.bakes:
        return f"Not one whole bake of {bake} was measured on these days: whether it works cannot be said."
    said = f"Would have stopped {used.halted} of {used.bakes} healthy bakes of {bake}"
    worse = asked.shift.words
    if not shift.halted or shift.median_windows is None:
        return f"{said}; would have missed {worse} every time."
    after = _time(round(shift.median_windows * asked.window_s))
    return f"{said}; sees {worse} in {percent(shift.share or 0)} of bakes, within {after} in the median."


def _proposals(
    asked: Asked,
    healthy: Mapping[str, Tally],
    shifts: Mapping[str, Tally],
    least: float | None,
    requests_s: float,
) -> list[str]:
    used = healthy[_used(asked)]
    if not used.bakes:
        return ["Let the service be measured for longer before the rollout, and try again."]
    found = []
    if (used.share or 0) > TOLERATED:
        found.append(_calmer(asked, healthy))
    if least is None:
        caught = shifts[asked.shift.name].share or 0
        wanted = "a longer bake or a larger share of the traffic"
        found.append(f"It sees the shift in {percent(caught)} of bakes only: give the stage {wanted}.")
    elif least < 1:
        found.append(f"It can still decide at {requests_s * least:.3g} requests a second.")
    return found


def _calmer(asked: Asked, healthy: Mapping[str, Tally]) -> str:
    """What would halt healthy bakes less often."""
    if asked.judge_name in COMPARES:
        calm = [float(name) for name, one in healthy.items() if (one.share or 0) <= TOLERATED]
        if calm:
            most = f"{percent(TOLERATED)} of healthy bakes at most were halted"
            return f"Set margin: {min(calm):g}. With it {most}."
        return "No margin tried was calm: the service differs from itself too much; use observe first."
    if not counted(str(asked.settings["signal"])):
        return "Set another limit: this one is crossed with nothing wrong."
    shares = sorted(
        window.bad / window.total for window in asked.windows if not window.gap and window.total > 0
    )
    if not shares:
        return "Nothing was measured to propose a limit from."
    middle, high = shares[len(shares) // 2], shares[min(len(shares) - 1, int(len(shares) * 0.995))]
    limit = max(1.5 * middle, high)
    return f"Set limit: {percent(limit)}: above 99.5 % of past windows and 1.5 times their median."


def _time(seconds: float) -> str:
    return spoken(timedelta(seconds=seconds))
