"""What a Prometheus source offers: a signal's last day drawn, and a limit proposed from its week."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from rollouts.catalog.models import Service
from rollouts.dashboard import wording
from rollouts.dashboard.drawings import line
from rollouts.dashboard.values import Chart
from rollouts.health import queries as health
from rollouts.health.models import Source
from rollouts.health.queries import Found
from rollouts.health.values import Signal, SourceKind
from rollouts.lib.clock import database_now

DRAWN = timedelta(days=1)
MOST_POINTS = 288


class ChoosingForm(forms.Form):
    """Which service and signal, and for latency which bound."""

    service = forms.ChoiceField(label=gettext_lazy("Service"))
    signal = forms.ChoiceField(label=gettext_lazy("Signal"), choices=Signal.choices())
    slower_than = forms.FloatField(
        label=gettext_lazy("Slower than, in seconds"),
        required=False,
        min_value=0.0001,
        help_text=gettext_lazy("For latency. Empty: the least bound that 99 % of requests keep."),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = Service.objects.filter(gone_at__isnull=True).order_by("name", "pk").values_list("slug", "name")
        self.fields["service"].choices = list(rows)  # type: ignore[attr-defined]


@login_required
@require_safe
def signals(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; it asks the source, within a few seconds, only for what was chosen."""
    rows = Source.objects.filter(kind=SourceKind.PROMETHEUS).select_related("environment")
    source = get_object_or_404(rows, slug=slug)
    now = database_now()
    form = ChoosingForm(request.GET if "service" in request.GET else None)
    context: dict[str, Any] = {"source": source, "form": form, "nav": "services"}
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data
        found = health.found_signal(
            source, chosen["service"], Signal(chosen["signal"]), now=now, bound_s=chosen["slower_than"]
        )
        context |= {"found": found, "chart": _chart(found, now), "words": _words(found)}
    else:
        context["offers"] = health.offers(source, now)
    return render(request, "health/source_signals.html", context)


@dataclass(frozen=True)
class Words:
    """The proposal in the words of a plan."""

    limit: str
    median: str
    high: str
    plan: str


def _words(found: Found) -> Words | None:
    proposal = found.proposal
    if proposal.limit is None:
        return None
    shown = [_said(found.signal, each) for each in (proposal.limit, proposal.median, proposal.high)]
    plan = [
        f"- name: {found.signal}",
        "  kind: metric",
        f"  signal: {found.signal}",
        f"  limit: {proposal.limit:g}",
    ]
    if found.bound_s is not None:
        plan.append(f"  slower_than: {found.bound_s * 1000:g}ms")
    return Words(shown[0], shown[1], shown[2], "\n".join(plan))


def _said(signal: Signal, value: float | None) -> str:
    if value is None:
        return _("no data")
    if signal in (Signal.ERRORS, Signal.LATENCY):
        return wording.percent(value, 2)
    unit = f"{wording.NBSP}/s" if signal is Signal.TRAFFIC else ""
    return f"{wording.number(value, 2)}{unit}"


def _chart(found: Found, now: datetime) -> Chart:
    """The last day, with the proposed limit; several windows are one point where there are many."""
    share = found.signal in (Signal.ERRORS, Signal.LATENCY)
    scale = 100.0 if share else 1.0
    step = found.step_s
    first = int((now - DRAWN).timestamp()) // step * step
    starts = range(first, int(now.timestamp()) - step + 1, step)
    together = -(-len(starts) // MOST_POINTS)
    points = []
    for place in range(0, len(starts), together):
        inside = [found.values[at] for at in starts[place : place + together] if at in found.values]
        worst = min if found.signal is Signal.TRAFFIC else max
        points.append((health.moment(starts[place]), worst(inside) * scale if inside else None))
    limit = found.proposal.limit
    return line.chart(
        line.Series(
            id="signal",
            title=found.signal.label,
            caption=_("the last 24 hours; the worst window of each point"),
            unit="%" if share else "/s" if found.signal is Signal.TRAFFIC else "",
            canary=tuple(points),
            limit=None if limit is None else limit * scale,
            limit_word=_("proposed"),
            places=2,
            word=_("measured"),
        )
    )
