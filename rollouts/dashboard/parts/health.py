"""Health: what the metric gates of the stage read, of the new version beside the old, window by window."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import undecided, wording
from rollouts.dashboard.drawings import line
from rollouts.dashboard.parts import baseline, budgets, evidence
from rollouts.dashboard.parts.origins import origins
from rollouts.dashboard.parts.period import Period, period_of
from rollouts.dashboard.standing import Standing, standing_of
from rollouts.dashboard.values import Chart, SignalRow
from rollouts.gates.models import Baseline, Gate
from rollouts.gates.values import Position, Word
from rollouts.health import queries as health
from rollouts.health.values import Perspective, Signal
from rollouts.plans.document.gate import MetricSettings
from rollouts.plans.models import Change, Rollout

CHARTS = 6
COUNTED = ("errors", "latency")
Point = tuple[datetime, float | None]


@dataclass(frozen=True)
class Reading:
    """What one gate reads: its numbers of both versions, in the unit that people see."""

    gate: Gate
    signal: Signal
    unit: str
    canary: tuple[Point, ...]
    baseline: tuple[Point, ...]
    limit: float | None
    source: str
    requests: int
    period: Period
    before: tuple[Baseline, ...] = ()


def context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """See templates/dashboard/panels/health.html."""
    standing = standing_of(request, rollout.slug)
    gates = measured_gates(standing)
    readings = read(standing, gates)
    marks = tuple(events(standing))
    bound = [gate for gate in gates if not gate.observe and gate.required]
    return {
        "charts": charts(standing, readings[:CHARTS], marks),
        "budgets": budgets.of(standing),
        "allowances": budgets.allowances(standing),
        "signals": [row(reading) for reading in readings],
        **summary([gate.verdict for gate in bound], of=len(gates)),
        "health_note": where(standing, readings),
        "silent": "" if standing.state.ended else silent(bound),
    }


def charts(standing: Standing, readings: list[Reading], marks: tuple[line.Mark, ...]) -> list[Chart]:
    """What each gate reads; beside it the evidence of those that weigh it."""
    found: list[Chart] = []
    for reading in readings:
        weighed = evidence.chart(standing.rollout.slug, reading.gate, marks)
        found += [chart(standing, reading, marks), *([weighed] if weighed else [])]
    return found


def chart(standing: Standing, reading: Reading, marks: tuple[line.Mark, ...], *, rows: int = 12) -> Chart:
    """The picture and the table; the richer chart comes from its own address when it is asked for."""
    drawn = replace(line.chart(series(reading, marks), rows=rows), plot={})
    if not any(value is not None for _at, value in (*reading.canary, *reading.baseline)):
        return drawn
    place = [standing.rollout.slug, reading.gate.pk]
    href, figure = (reverse(f"dashboard:{name}", args=place) for name in ("chart", "figure"))
    return replace(drawn, href=href, figure=figure)


def measured_gates(standing: Standing) -> list[Gate]:
    """The metric gates of the stage that is carried out, or was last."""
    begun = [stage.number for stage in standing.stages if stage.entered_at]
    number = standing.seen.current.number if standing.seen.current else max(begun, default=1)
    return [
        gate
        for gate in standing.gates
        if gate.kind == "metric" and gate.stage.number == number and gate.position == Position.EXIT
    ]


def summary(words: list[str], *, of: int) -> dict[str, str]:
    """How many are healthy, in the tone of the worst; `of` so many gates, those that bind nobody included."""
    failed, silent_ones = words.count(Word.FAIL), words.count(Word.NO_DATA)
    passed = words.count(Word.PASS)
    if not words:
        return {"health_tone": "none", "health_word": _("Only observed") if of else _("No metric gate")}
    if failed:
        text = ngettext("%(n)s of %(all)s failed", "%(n)s of %(all)s failed", failed)
        return {"health_tone": "stop", "health_word": text % {"n": failed, "all": len(words)}}
    if silent_ones:
        text = ngettext("%(n)s of %(all)s has no data", "%(n)s of %(all)s have no data", silent_ones)
        return {"health_tone": "none", "health_word": text % {"n": silent_ones, "all": len(words)}}
    tone = "pass" if passed == len(words) else "wait"
    return {
        "health_tone": tone,
        "health_word": _("%(n)s of %(all)s healthy") % {"n": passed, "all": len(words)},
    }


def silent(gates: Iterable[Gate]) -> str:
    """The sentence about gates without data, and what follows from it."""
    without = [gate for gate in gates if gate.verdict == Word.NO_DATA and gate.no_data_since_at]
    if not without:
        return ""
    first = min(without, key=lambda gate: gate.no_data_since_at or gate.no_data_after)
    since = first.no_data_since_at
    at = wording.moment(since, now=since) if since else ""
    words = {
        "gate": first.title,
        "at": at,
        "span": wording.span(first.no_data_after),
        "follows": undecided.after_silence(first),
    }
    if first.silenced:
        return _("“%(gate)s” reads nothing because the halt took its traffic.") % words
    return _("“%(gate)s” has had no data since %(at)s. After %(span)s %(follows)s.") % words


def where(standing: Standing, readings: list[Reading]) -> str:
    """Which environment, and for which time the charts are."""
    parts = [standing.rollout.environment.name]
    if readings:
        parts.append(readings[0].period.words(standing.now))
    return ", ".join(parts)


def read(standing: Standing, gates: list[Gate]) -> list[Reading]:
    """The numbers of all gates; one grid for all services and environments."""
    changes = {gate.pk: change_of(gate, standing.changes) for gate in gates}
    keys = {key_of(gate, change) for gate in gates if (change := changes[gate.pk])}
    if not keys:
        return []
    clocks = health.clocks_of(keys)
    longest = max(clock.window_s for clock in clocks.values())
    period = period_of(standing, timedelta(seconds=longest))
    grids = health.grids_of(keys, since=period.begins_at, until=period.ends_at)
    where_from = origins(gates, {key[0] for key in keys})
    recorded = baseline.of(standing.rollout.pk, changes, gates)
    found = []
    for gate in gates:
        change = changes[gate.pk]
        if change is not None:
            grid = grids[key_of(gate, change)]
            read_now = reading_of(gate, change, grid, where_from[gate.pk], period)
            found.append(replace(read_now, before=recorded[gate.pk]))
    return found


def key_of(gate: Gate, change: Change) -> health.Key:
    """The service and environment that a gate looks at, and the series where it is none of the known."""
    return change.service_id, change.environment_id, series_of(gate)


def series_of(gate: Gate) -> str:
    """The name of the series that a gate looks at; empty for the known signals."""
    return MetricSettings.read(gate.settings).series if gate.kind == "metric" else ""


def change_of(gate: Gate, changes: list[Change]) -> Change | None:
    """The change that a gate measures: of the service it names, else the first that its stage targets."""
    wanted = gate.settings.get("service")
    targets = gate.settings.get("targets", ())
    fitting = [
        change for change in changes if (change.service.slug == wanted if wanted else change.name in targets)
    ]
    return next((change for change in fitting if change.name in targets), next(iter(fitting), None))


def reading_of(gate: Gate, change: Change, grid: Any, source: str, period: Period) -> Reading:
    """One gate's numbers of new and old."""
    signal = Signal(gate.settings.get("signal", "errors"))
    counted = signal.value in COUNTED
    slow = gate.evidence.get("bound_s")
    limit = gate.evidence.get("limit")
    new, old = (change.to_version,), (change.from_version,)
    canary = points(grid, signal, new, slow) if change.to_version else ()
    baseline = points(grid, signal, old, slow) if change.from_version else ()
    scaled = None if limit is None else float(limit) * (100 if counted else 1)
    named = gate.settings.get("unit", "")
    unit = "%" if counted else {"traffic": _("a second")}.get(signal.value, named)
    requests = total(grid, signal, new)
    return Reading(gate, signal, unit, canary, baseline, scaled, source, requests, period)


def points(grid: Any, signal: Signal, versions: tuple[str, ...], slow_s: float | None) -> tuple[Point, ...]:
    """The windows of one version; None where nobody could say, or where there was nothing."""
    return tuple(
        (health.moment(start), value(grid, start, signal, versions, slow_s)) for start in grid.starts()
    )


def value(
    grid: Any, start: int, signal: Signal, versions: tuple[str, ...], slow_s: float | None
) -> float | None:
    """One window in the unit of the chart: the worse of what the service and its callers counted."""
    stored = Signal.ERRORS if signal is Signal.TRAFFIC else signal
    sides = [grid.side(start, stored, perspective, versions=versions) for perspective in Perspective]
    known = [side for side in sides if side is not None]
    if signal is Signal.SATURATION:
        return next((side.value for side in known if side.value is not None), None)
    counted = [side for side in known if side.total > 0]
    if not counted:
        return None
    if signal is Signal.TRAFFIC:
        return float(max(side.total for side in counted) / grid.window_s)
    return float(max(share(signal, side, slow_s) for side in counted)) * 100


def share(signal: Signal, side: Any, slow_s: float | None) -> float:
    """The bad share: failed, or slower than the bound."""
    if signal is not Signal.LATENCY:
        return float(side.bad / side.total)
    if slow_s is None or slow_s not in side.buckets:
        return 0.0
    return float(max(0.0, side.total - side.buckets[slow_s]) / side.total)


def total(grid: Any, signal: Signal, versions: tuple[str, ...]) -> int:
    """Requests to a version in all windows, by whoever counted more."""
    stored = Signal.ERRORS if signal in (Signal.TRAFFIC, Signal.SATURATION) else signal
    sums = []
    for perspective in Perspective:
        sides = [grid.side(start, stored, perspective, versions=versions) for start in grid.starts()]
        sums.append(sum(side.total for side in sides if side is not None))
    return round(max(sums, default=0))


def series(reading: Reading, marks: tuple[line.Mark, ...]) -> line.Series:
    """A reading as a chart."""
    gate = reading.gate
    limit_words = gate.evidence.get("limit_words") or ""
    if not limit_words and reading.limit is not None:
        limit_words = f"{reading.limit:g}{wording.NBSP}{reading.unit}".rstrip(wording.NBSP)
    return line.Series(
        id=f"chart-{gate.pk}",
        title=gate.title,
        caption=" ".join(each for each in (caption(reading), before(reading)) if each),
        unit=reading.unit,
        canary=reading.canary,
        baseline=reading.baseline,
        limit=reading.limit,
        limit_word=_("limit %(limit)s") % {"limit": limit_words} if limit_words else _("limit"),
        # What lies before the first window would stretch the axis until the lines are a dot.
        marks=tuple(mark for mark in marks if reading.canary and mark.at >= reading.canary[0][0]),
        places=2 if reading.unit == "%" else 1,
        before=baseline.lines(reading.before, [at for at, _value in reading.canary]),
    )


def before(reading: Reading) -> str:
    """What was recorded of the same hours before the rollout began, in words."""
    period = reading.period
    return baseline.words(reading.before, period.begins_at, period.ends_at, reading.unit)


def caption(reading: Reading) -> str:
    """What is drawn: share of what, of how many."""
    about = reading.gate.settings
    if name := about.get("named"):
        return _("The signal %(name)s, per window.") % {"name": name}
    if name := about.get("probe"):
        failed = _("Runs of the check %(name)s that failed, per window.")
        late = _("Runs of the check %(name)s that failed or were slow, per window.")
        return (failed if reading.signal is Signal.ERRORS else late) % {"name": name}
    what = {
        Signal.ERRORS: _("Failed requests, per window"),
        Signal.LATENCY: _("Requests slower than %(ms)s ms, per window"),
        Signal.TRAFFIC: _("Requests a second"),
        Signal.SATURATION: _("Load"),
    }[reading.signal]
    slow = reading.gate.evidence.get("bound_s") or reading.gate.evidence.get("slower_than_s") or 0
    text = what % {"ms": wording.number(slow * 1000)} if "%(ms)s" in what else what
    requests = wording.number(reading.requests)
    return _("%(what)s. %(requests)s requests to the new version.") % {"what": text, "requests": requests}


def row(reading: Reading) -> SignalRow:
    """A reading as a row of the table: the mean of the newest windows, or of the last before the end."""
    about = reading.period.about_at
    canary, baseline = (
        tuple((at, value) for at, value in points if about is None or at < about)
        for points in (reading.canary, reading.baseline)
    )
    new, old = recent(canary), recent(baseline)
    difference = None if new is None or old is None else new - old
    unit = _("pt") if reading.unit == "%" else reading.unit
    return SignalRow(
        title=reading.gate.title,
        source=reading.source,
        canary=shown(new, reading.unit),
        baseline=shown(old, reading.unit),
        difference=_("no data") if difference is None else wording.signed(difference, unit, 2),
        limit=_("none") if reading.limit is None else shown(reading.limit, reading.unit),
        word=reading.gate.verdict,
        spark=tuple(value for _at, value in canary[-30:]),
        span=_("Lately") if about is None else _("Before it"),
    )


def recent(values: tuple[Point, ...]) -> float | None:
    """The mean of the last five windows that have data; None when the newest five have none."""
    known = [value for _at, value in values[-5:] if value is not None]
    return sum(known) / len(known) if known else None


def shown(value: float | None, unit: str) -> str:
    """A number with its unit, or "no data"."""
    if value is None:
        return _("no data")
    return f"{wording.number(value, 2)}{wording.NBSP}{unit}".rstrip(wording.NBSP)


def events(standing: Standing) -> list[line.Mark]:
    """Stages entered and halts, for the charts."""
    words: dict[str, str] = {
        "rollout.started": _("started"),
        "rollout.promoted": _("stage %(n)s"),
        "rollout.halted": _("halted"),
        "rollout.resumed": _("resumed"),
        "rollout.rolling_back": _("rolled back"),
        "rollout.completed": _("completed"),
    }
    return [
        line.Mark(event.at, words[event.kind].replace("%(n)s", str(event.content.get("stage"))))
        for event in standing.events
        if event.kind in words
    ]
