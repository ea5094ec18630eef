"""Measured impact as lines: the new version beside the old, with what happened marked on them."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from rollouts.audit.values import EventView
from rollouts.health.values import Signal
from rollouts.reviews.models import Review

MOST = 4
COUNTED = (Signal.ERRORS, Signal.LATENCY)


def charts(row: Review, events: Collection[EventView]) -> list[dict[str, Any]]:
    """What the tag `line_chart` draws, one for each measured signal; reviews measured earlier have none."""
    lines = [one for one in row.impact.get("lines", []) if one["new"]]
    return [_chart(f"impact-{n}", one, _marks(events)) for n, one in enumerate(lines[:MOST])]


def _chart(name: str, one: dict[str, Any], marks: list[tuple[datetime, str]]) -> dict[str, Any]:
    signal = Signal(one["signal"])
    scale = 100.0 if signal in COUNTED else 1.0
    new, old = (_points(one, one[name], scale) for name in ("new", "old"))
    begin, end = new[0][0], new[-1][0] + timedelta(seconds=one["step_s"])
    return {
        "id": name,
        "title": one["title"],
        "caption": _caption(one, signal),
        "unit": "%" if signal in COUNTED else "",
        "canary": new,
        "baseline": old,
        "limit": None if one["limit"] is None else one["limit"] * scale,
        "limit_word": _("limit"),
        "marks": tuple(mark for mark in marks if begin <= mark[0] <= end),
        "places": 2 if signal in COUNTED else 1,
    }


def _points(
    one: dict[str, Any], values: list[float | None], scale: float
) -> tuple[tuple[datetime, float | None], ...]:
    return tuple(
        (
            datetime.fromtimestamp(one["begin"] + number * one["step_s"], UTC),
            None if value is None else value * scale,
        )
        for number, value in enumerate(values)
    )


def _caption(one: dict[str, Any], signal: Signal) -> str:
    slow = f"{(one['slower_than_s'] or 0) * 1000:g}"
    what = {
        Signal.ERRORS: _("Failed requests"),
        Signal.LATENCY: _("Requests slower than %(ms)s ms") % {"ms": slow},
        Signal.TRAFFIC: _("Requests a second"),
        Signal.SATURATION: _("Load"),
    }[signal]
    what = one.get("named") or what
    words = {"service": one["service_name"], "what": what, "step": one["step_s"]}
    return _("%(service)s. %(what)s, every %(step)s s, before, during and after.") % words


def _marks(events: Collection[EventView]) -> list[tuple[datetime, str]]:
    words = {
        "rollout.started": _("started"),
        "rollout.halted": _("halted"),
        "rollout.rolled_back": _("rolled back"),
        "rollout.completed": _("completed"),
    }
    return [(event.at, words[event.kind]) for event in events if event.kind in words]
