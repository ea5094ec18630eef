"""A service over a day, a week, a month: failed requests, slow answers and traffic, each with its table."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import exemplars, wording
from rollouts.dashboard.drawings import line
from rollouts.dashboard.values import Chart
from rollouts.health import queries as health
from rollouts.health.queries import Step, Trend

SLOW_S = 0.25
"""What is slow where no SLO of the service says so."""
ROWS = 12


@dataclass(frozen=True)
class Range:
    """How far back, in steps of which length: at most 300 points on a line."""

    name: str
    label: Any
    length: timedelta
    step_s: int


RANGES = (
    Range("24h", gettext_lazy("24 hours"), timedelta(hours=24), 300),
    Range("7d", gettext_lazy("7 days"), timedelta(days=7), 3600),
    Range("30d", gettext_lazy("30 days"), timedelta(days=30), 3 * 3600),
)


@dataclass(frozen=True)
class Line:
    """One thing that is drawn: its value in a step, None where nothing was counted."""

    name: str
    title: str
    caption: str
    unit: str
    value: Callable[[Step], float | None]


def range_of(name: str) -> Range:
    """The range of that name; the shortest for none and for one that does not exist."""
    return next((each for each in RANGES if each.name == name), RANGES[0])


def environment_of(name: str, environments: list[Environment]) -> Environment | None:
    """The environment of that name, else the first one: that of customers."""
    return next((each for each in environments if each.slug == name), next(iter(environments), None))


def read(service: Service, environment: Environment, over: Range, now: datetime) -> Trend:
    """The steps of the range that have begun."""
    last = int(now.timestamp()) // over.step_s * over.step_s + over.step_s
    until = datetime.fromtimestamp(last, UTC)
    return health.trend(
        service.pk,
        environment.pk,
        since=until - over.length,
        until=until,
        step_s=over.step_s,
        slow_s=slow_of(service, environment),
    )


def slow_of(service: Service, environment: Environment) -> float:
    """The bound of the service's SLO on latency, else SLOW_S; seconds."""
    rows = health.slos({service.pk}).filter(environment=environment, signal="latency")
    bound = rows.values_list("slower_than_s", flat=True).first()
    return float(bound) if bound else SLOW_S


def lines(found: Trend) -> list[Line]:
    """What is drawn, in order."""
    bound = wording.number((found.bound_s or SLOW_S) * 1000)
    return [
        Line("errors", _("Failed requests"), _("Share that failed"), "%", failed),
        Line("latency", _("Slow answers"), _("Share slower than %(ms)s ms") % {"ms": bound}, "%", slow),
        Line("traffic", _("Traffic"), _("Requests a second, while it was measured"), _("a second"), traffic),
    ]


def failed(step: Step) -> float | None:
    return step.bad / step.total * 100 if step.total else None


def slow(step: Step) -> float | None:
    return step.slow / step.timed * 100 if step.timed else None


def traffic(step: Step) -> float | None:
    return step.total / step.measured_s if step.measured_s else None


def context(asked: Any, service: Service, environments: list[Environment], now: datetime) -> dict[str, Any]:
    """See templates/dashboard/service_trends.html; `asked` is the query of the address."""
    over = range_of(asked.get("range", ""))
    environment = environment_of(asked.get("environment", ""), environments)
    probes = list(health.probes().filter(service=service))
    runs = health.runs_of(probes, now - over.length, now) if probes else {}
    checks = [(stand, runs[stand.probe.slug]) for stand in health.stands(probes, now)]
    chosen = {"ranges": RANGES, "range": over, "trend_environment": environment, "checks": checks}
    if environment is None:
        return {**chosen, "trends": []}
    found = read(service, environment, over, now)
    named = exemplars.of_service(service, environment, over.length, now)
    return {
        **chosen,
        "exemplars": exemplars.rows(named, service, environment),
        "environments": environments,
        "trends": [linked(chart(each, found), each, service, environment, over) for each in lines(found)],
    }


def series(drawn: Line, found: Trend) -> line.Series:
    """What is drawn, as pictures and figures take it."""
    return line.Series(
        id=f"trend-{drawn.name}",
        title=drawn.title,
        caption=_("%(what)s, each %(span)s")
        % {"what": drawn.caption, "span": wording.span(timedelta(seconds=found.step_s))},
        unit=drawn.unit,
        canary=tuple((step.at, drawn.value(step)) for step in found.steps),
        places=2 if drawn.unit == "%" else 1,
        word=_("now"),
    )


def chart(drawn: Line, found: Trend, *, rows: int = ROWS) -> Chart:
    """The picture, its sentence, and a table of at most so many steps."""
    points = series(drawn, found)
    made = line.chart(points, rows=rows)
    times = [wording.moment(at, now=at, shape="short") for at, _value in reversed(points.canary)]
    step = max(1, -(-len(times) // rows))
    shown = tuple((at, *row[1:]) for at, row in zip(times[::step], made.rows, strict=True))
    return replace(made, plot={}, rows=shown, head=(_("From (UTC)"), drawn.title))


def linked(made: Chart, drawn: Line, service: Service, environment: Environment, over: Range) -> Chart:
    """The chart with its own page, and where the figure is that Plotly draws."""
    page, figure = (
        reverse(f"dashboard:{name}", args=[service.slug, drawn.name]) for name in ("trend", "trend_figure")
    )
    query = urlencode({"range": over.name, "environment": environment.slug})
    return replace(made, href=f"{page}?{query}", figure=f"{figure}?{query}")
