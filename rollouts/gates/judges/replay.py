"""The windows that a verdict rests on, kept with it, so that it can be computed again. Django-free.

A replay is the judge's state before the kept windows, and those windows: KEPT at most, and half of them at
least once there were so many. Every judge can be replayed: taking windows in again gives the same word and
sentence, or the stored one was wrong. It is written with each verdict, so that a window is a short list.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from rollouts.gates.judges.protocol import Judge, JudgedWindow, Opinion, State

KEPT = 60
"""Windows of evidence: an hour of minutes."""
NAMES = tuple(each.name for each in fields(JudgedWindow))
EMPTY = tuple(each.default for each in fields(JudgedWindow))
Replay = dict[str, Any]


def begin(state: Mapping[str, Any]) -> Replay:
    """The replay of a judge that starts from `state`; before its first window that is its settings alone."""
    known = {"settings": state["settings"]} if state["last"] is None else dict(state)
    return {"before": known, "windows": []}


def take(
    judge: Judge, replay: Mapping[str, Any], state: Mapping[str, Any], given: Sequence[JudgedWindow]
) -> Replay:
    """The replay with the windows that `state` has not seen; the oldest become part of its beginning.

    They do so many at a time, so that a judge takes each window in only once more.
    """
    last = state["last"]
    fresh = [_brief(window) for window in given if last is None or window.start > last]
    kept = [*replay["windows"], *fresh]
    if len(kept) <= KEPT:
        return {"before": replay["before"], "windows": kept}
    old, kept = kept[: -KEPT // 2], kept[-KEPT // 2 :]
    folded, _ = judge.update(before(judge, replay), [_window(brief) for brief in old])
    return {"before": folded, "windows": kept}


def again(judge: Judge, replay: Mapping[str, Any]) -> tuple[State, Opinion]:
    """What the judge makes of the stored windows now."""
    return judge.update(before(judge, replay), windows(replay))


def before(judge: Judge, replay: Mapping[str, Any]) -> State:
    """The judge's state before the stored windows."""
    kept: State = replay["before"]
    return kept if "last" in kept else judge.start(kept["settings"])


def windows(replay: Mapping[str, Any]) -> list[JudgedWindow]:
    """The stored windows, oldest first."""
    return [_window(brief) for brief in replay["windows"]]


def _brief(window: JudgedWindow) -> list[Any]:
    """The window's fields in their order, up to the last that differs from an empty window."""
    said = [getattr(window, name) for name in NAMES]
    while said[-1] == EMPTY[len(said) - 1]:
        said.pop()
    return said


def _window(brief: Sequence[Any] | Mapping[str, Any]) -> JudgedWindow:
    # Rows of history that are older hold names and values.
    return JudgedWindow(**brief) if isinstance(brief, Mapping) else JudgedWindow(*brief)
