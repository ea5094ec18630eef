"""Charts for templates of lower packages: they give numbers, this draws them as everywhere."""

from datetime import datetime
from typing import Any, TypedDict

from django import template

from rollouts.dashboard.drawings import line
from rollouts.dashboard.values import Chart

register = template.Library()

Points = tuple[tuple[datetime, float | None], ...]


class Drawn(TypedDict):
    """What `line_chart` draws: see `drawings.line.Series`; `marks` are (time, word) pairs."""

    id: str
    title: str
    caption: str
    unit: str
    canary: Points
    baseline: Points
    limit: float | None
    limit_word: str
    marks: tuple[tuple[datetime, str], ...]
    places: int


@register.inclusion_tag("components/chart.html")
def line_chart(drawn: Drawn) -> dict[str, Chart]:
    """A figure with its picture and table."""
    marks = tuple(line.Mark(at, word) for at, word in drawn["marks"])
    given: dict[str, Any] = {**drawn, "marks": marks}
    return {"chart": line.chart(line.Series(**given))}
