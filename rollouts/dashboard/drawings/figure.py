"""A line chart for Plotly: data and layout, without colours (the template has them)."""

import math
from datetime import timedelta
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.drawings.series import Mark, Points, Series, said


def figure(series: Series) -> dict[str, Any]:
    """The lines of a series with its limit, gaps and marks."""
    lines: list[tuple[Points, str, str]] = [(series.canary, series.word or _("new"), "solid")]
    if series.baseline:
        lines.append((series.baseline, _("old"), "5px,3px"))
    lines += [(each.points, each.short, "1px,3px") for each in series.before]
    axis: dict[str, Any] = {"ticksuffix": f" {series.unit}" if series.unit else ""}
    if series.log:
        axis |= {"type": "log", "dtick": 1}
    layout: dict[str, Any] = {
        "height": 220,
        "yaxis": axis,
        "xaxis": {"nticks": 4, "tickangle": 0, "tickformat": "%d %b" if _is_days(series) else "%H:%M"},
        "shapes": [*_limit_shape(series), *_gap_shapes(series), *map(_mark_shape, series.marks)],
        "annotations": [
            *_end_words(series, lines[: 2 if series.baseline else 1]),
            *map(_mark_word, range(len(series.marks)), series.marks),
        ],
    }
    return {"data": [_trace(*each) for each in lines], "layout": layout}


def _is_days(series: Series) -> bool:
    """Whether clock times alone would say nothing."""
    return len(series.canary) > 1 and series.canary[-1][0] - series.canary[0][0] >= timedelta(days=2)


def _trace(points: Points, name: str, dash: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [wording.utc(at) for at, _value in points],
        "y": [value for _at, value in points],
        "line": {"dash": dash, "width": 2.25 if dash == "solid" else 1.75},
        "connectgaps": False,
    }


def _limit_shape(series: Series) -> list[dict[str, Any]]:
    if series.limit is None:
        return []
    level = {"y0": series.limit, "y1": series.limit}
    return [{"xref": "paper", "yref": "y", "type": "line", "x0": 0, "x1": 1, **level}]


def _gap_shapes(series: Series) -> list[dict[str, Any]]:
    """Grey stretches where the new version gave no data."""
    found, start = [], None
    wide = (series.canary[-1][0] - series.canary[0][0]) * 0.2 if series.canary else timedelta(0)
    for at, value in [*series.canary, (series.canary[-1][0], 0.0)] if series.canary else []:
        if value is None and start is None:
            start = at
        elif value is not None and start is not None:
            place = {"x0": wording.utc(start), "x1": wording.utc(at), "y0": 0, "y1": 1, "line": {"width": 0}}
            look = {
                "fillcolor": "#7f8b85",
                "opacity": 0.25,
                "layer": "below",
                "label": {"text": _("no data") if at - start >= wide else ""},
            }
            found.append({"xref": "x", "yref": "paper", "type": "rect", **place, **look})
            start = None
    return found


def _mark_shape(mark: Mark) -> dict[str, Any]:
    x = wording.utc(mark.at)
    look = {"line": {"width": 1, "dash": "solid", "color": "#7f8b85"}}
    return {"xref": "x", "yref": "paper", "type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, **look}


def _mark_word(index: int, mark: Mark) -> dict[str, Any]:
    """Below the limit and above most lines; neighbours take turns, so that close ones can be read."""
    place = {"xref": "x", "yref": "paper", "x": wording.utc(mark.at), "y": 0.9 - 0.12 * (index % 3)}
    return {**place, "xanchor": "left", "yanchor": "top", "text": f" {escape(mark.word)}"}


def _end_words(series: Series, lines: list[tuple[Points, str, str]]) -> list[dict[str, Any]]:
    """Names at the lines' ends, pushed apart when they would touch."""
    ends = [
        (values[-1], name)
        for points, name, _dash in lines
        if (values := [v for _at, v in points if v is not None])
    ]
    close = len(ends) == 2 and abs(ends[0][0] - ends[1][0]) < 0.08 * (_reach(series) or 1)
    found = []
    for (value, name), shift in zip(
        ends, (8, -8) if not ends or ends[0][0] >= ends[-1][0] else (-8, 8), strict=False
    ):
        text = f" {name} {said(series, value)}"
        found.append(_at_level(series, value, text) | ({"yshift": shift} if close else {}))
    if series.limit is not None:
        found.append(_at_level(series, series.limit, f" {escape(series.limit_word)}"))
    return found


def _reach(series: Series) -> float:
    values = [v for _at, v in series.points if v is not None]
    return max([*values, series.limit or values[0]]) - min(values) if values else 0.0


def _at_level(series: Series, value: float, text: str) -> dict[str, Any]:
    at = math.log10(max(value, 1e-6)) if series.log else value
    return {"xref": "paper", "yref": "y", "x": 1, "y": at, "xanchor": "left", "text": text}
