"""The evidence of a gate that weighs it, on its way to what fails it: as a chart beside its signal's."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.drawings import line
from rollouts.dashboard.values import Chart
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.plans.document.gate import DEFAULT_ALPHA


def chart(slug: str, gate: Gate, marks: tuple[line.Mark, ...], *, rows: int = 12) -> Chart | None:
    """The picture and the table; None for gates that weigh nothing, or have not yet."""
    drawn = series(gate, marks)
    if drawn is None:
        return None
    href, figure = (
        reverse(f"dashboard:{name}", args=[slug, gate.pk]) for name in ("gate", "evidence_figure")
    )
    return replace(line.chart(drawn, rows=rows), plot={}, href=href, figure=figure)


def series(gate: Gate, marks: tuple[line.Mark, ...]) -> line.Series | None:
    """The evidence over the windows that the verdict rests on, in percent of what fails."""
    points = tuple(
        (each.at, None if each.share is None else each.share * 100) for each in gates.evidence_over_time(gate)
    )
    if not any(value is not None for _at, value in points):
        return None
    return line.Series(
        id=f"evidence-{gate.pk}",
        title=_("Evidence: %(gate)s") % {"gate": gate.title or gate.name},
        caption=caption(gate),
        unit="%",
        canary=points,
        limit=100.0,
        limit_word=_("fails at 100 %"),
        marks=tuple(mark for mark in marks if mark.at >= points[0][0]),
        word=_("now"),
    )


def caption(gate: Gate) -> str:
    """What 100 % means."""
    alpha = gate.evidence.get("alpha", gate.settings.get("alpha", DEFAULT_ALPHA))
    text = _("That the new version is worse, as a share of ln(1/%(alpha)s), which fails it.")
    return text % {"alpha": wording.number(alpha, 4).rstrip("0")}
