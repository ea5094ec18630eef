"""The windows that a verdict rests on, kept with it, so that it can be computed again. Django-free.

A replay is the judge's state before the kept windows, and those windows, the newest KEPT of them. Every
judge can be replayed: taking windows in again gives the same word and sentence, or the stored one was wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from rollouts.gates.judges.protocol import Judge, JudgedWindow, Opinion, State

KEPT = 120
"""Windows of evidence: two hours of minutes."""
DEFAULTS = {each.name: each.default for each in fields(JudgedWindow) if each.name != "start"}
Replay = dict[str, Any]


def begin(state: Mapping[str, Any]) -> Replay:
    """The replay of a judge that starts from `state`."""
    return {"before": dict(state), "windows": []}


def take(
    judge: Judge, replay: Mapping[str, Any], state: Mapping[str, Any], given: Sequence[JudgedWindow]
) -> Replay:
    """The replay with the windows that `state` has not seen; the oldest become part of its beginning."""
    last = state["last"]
    fresh = [_brief(window) for window in given if last is None or window.start > last]
    kept = [*replay["windows"], *fresh]
    old, kept = kept[: max(0, len(kept) - KEPT)], kept[-KEPT:]
    before = judge.update(replay["before"], [_window(brief) for brief in old])[0] if old else replay["before"]
    return {"before": before, "windows": kept}


def again(judge: Judge, replay: Mapping[str, Any]) -> tuple[State, Opinion]:
    """What the judge makes of the stored windows now."""
    return judge.update(replay["before"], [_window(brief) for brief in replay["windows"]])


def _brief(window: JudgedWindow) -> dict[str, Any]:
    """Only what differs from an empty window."""
    said = asdict(window)
    return {"start": window.start} | {name: said[name] for name in DEFAULTS if said[name] != DEFAULTS[name]}


def _window(brief: Mapping[str, Any]) -> JudgedWindow:
    return JudgedWindow(**brief)
