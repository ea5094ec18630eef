"""The same hours of the day and the week before a rollout: thin lines in its charts, and a sentence."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.drawings.series import Before, Series
from rollouts.dashboard.parts.period import Period
from rollouts.gates import queries as gates
from rollouts.gates.models import Baseline, Gate
from rollouts.plans.models import Change

COUNTED = ("errors", "latency")


def of(
    rollout: int, changes: Mapping[int, Change | None], rows: Sequence[Gate]
) -> dict[int, tuple[Baseline, ...]]:
    """What was recorded before the rollout of what each gate looks at, by the gates' ids; one query."""
    recorded = gates.recorded_baselines({rollout})
    found = {}
    for gate in rows:
        change = changes[gate.pk]
        key = gates.baseline_key(gate, change) if change else None
        found[gate.pk] = tuple(recorded.get(key, ())) if key else ()
    return found


def lines(rows: Sequence[Baseline], times: Sequence[datetime]) -> tuple[Before, ...]:
    """What is drawn of them beside a signal at these times; those without data are left out."""
    found = []
    for row in rows:
        scale = 100 if row.signal in COUNTED else 1
        values = gates.baseline_values(row, times)
        points = tuple(
            (at, None if value is None else value * scale) for at, value in zip(times, values, strict=True)
        )
        if any(value is not None for _at, value in points):
            found.append(Before(*names(row), points))
    return tuple(found)


def names(row: Baseline) -> tuple[str, str]:
    """In full, and at a line's end."""
    if row.days == 1:
        return _("The day before"), _("day before")
    return _("The week before"), _("week before")


def words(rows: Sequence[Baseline], begin: datetime, end: datetime, unit: str) -> str:
    """What they were at these hours, or why nobody knows. A sentence for each, or one where none is known."""
    reasons = {row.error for row in rows if row.recorded_at and not row.counts}
    if len(reasons) == 1 and not any(row.counts or not row.recorded_at for row in rows):
        return _("The day and the week before: no data. %(why)s") % {"why": reasons.pop()}
    return " ".join(said(row, begin, end, unit) for row in rows)


def said(row: Baseline, begin: datetime, end: datetime, unit: str) -> str:
    """One sentence."""
    name = names(row)[0]
    if row.recorded_at is None:
        return _("%(name)s: not recorded yet.") % {"name": name}
    summed = gates.baseline_sum(row, begin, end)
    if summed.share is None:
        why = row.error or _("Nothing was counted at these hours.")
        return _("%(name)s: no data. %(why)s") % {"name": name, "why": why}
    if row.signal in COUNTED:
        text = _("%(name)s at these hours: %(share)s of %(total)s requests.")
        words = {"share": wording.percent(summed.share, 2), "total": wording.number(summed.total)}
        return text % {"name": name, **words}
    value = f"{wording.number(summed.share, 2)} {unit}".strip()
    return _("%(name)s at these hours: %(value)s.") % {"name": name, "value": value}


def told(row: Baseline, period: Period, unit: str, drawn: Series) -> dict[str, Any]:
    """One of them as the API shows it, at the times of the series."""
    times = [at for at, _value in drawn.canary]
    (line,) = lines([row], times) or (Before("", "", ()),)
    return {
        "days": row.days,
        "told_by": row.source,
        "sentence": said(row, period.begins_at, period.ends_at, unit),
        "values": [{"at": at, "value": value} for at, value in line.points],
    }
