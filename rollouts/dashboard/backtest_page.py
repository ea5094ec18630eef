"""How the metric gates of a plan would have done on past days: asked for, and shown gate by gate."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit.values import Face
from rollouts.dashboard import wording
from rollouts.dashboard.drawings import intervals
from rollouts.dashboard.drawings.intervals import Interval, Intervals
from rollouts.dashboard.parts import observed
from rollouts.dashboard.standing import person_of
from rollouts.gates import queries as gates
from rollouts.gates import services
from rollouts.gates.models import Backtest
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Revision, Rollout


class BacktestForm(forms.Form):
    """How far back, and what is to be seen."""

    days = forms.IntegerField(label=gettext_lazy("Past days"), min_value=1, max_value=28, initial=7)
    shift = forms.FloatField(
        label=gettext_lazy("Times worse that must be seen"),
        min_value=1.1,
        max_value=100,
        required=False,
        help_text=gettext_lazy("Left empty: what each gate of the plan must see, else a doubling."),
        widget=forms.NumberInput(attrs={"step": "any"}),
    )


@dataclass(frozen=True)
class Row:
    """One number of a report, for the table."""

    what: str
    bakes: str
    share: str
    between: str
    when: str


@dataclass(frozen=True)
class Shown:
    """One gate's report as the page shows it.

    `watched`: how often its like was right while it observed. `since`: when the oldest window began.
    """

    report: dict[str, Any]
    tone: str
    word: str
    where: str
    picture: Intervals | None
    rows: tuple[Row, ...]
    watched: str = ""
    since: datetime | None = None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def backtest(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest back-test of a revision; on POST, asks for one."""
    rollout, revision = _found(request, slug)
    form = BacktestForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_backtest(
                rollout=slug,
                revision=revision.number,
                by=person_of(request),
                face=Face.PAGE,
                **form.cleaned_data,
            )
        except Refusal as refused:
            messages.error(request, str(refused))
        else:
            messages.info(request, _("Past days are being looked at; this page shows it gate by gate."))
        return redirect(f"{reverse('dashboard:backtest', args=[slug])}?revision={revision.number}")
    now = database_now()
    newest = gates.newest_backtest(revision)
    context = {
        "rollout": rollout,
        "revision": revision,
        "form": form,
        "backtest": newest,
        "shown": told(newest, rollout, person_of(request)) if newest else [],
        "doubts": gates.doubts(revision, now),
        "may_ask": rollout.team.slug in held_roles(person_of(request).pk),
        "now": now,
        "nav": "rollouts",
    }
    return render(request, "dashboard/backtest.html", context, status=422 if form.errors else 200)


def told(newest: Backtest, rollout: Rollout, person: Person) -> list[Shown]:
    """The reports, each with what gates of its name did in like rollouts while they observed."""
    watched = observed.by_name(observed.near(person, rollout))
    return [replace(shown(report), watched=watched.get(report["gate"], "")) for report in newest.reports]


def _found(request: HttpRequest, slug: str) -> tuple[Rollout, Revision]:
    """The rollout, if the reader may see it, and its revision of that number, or the newest."""
    seen = Rollout.objects.accessible_to(person_of(request)).select_related("team", "environment")
    rollout = get_object_or_404(seen, slug=slug)
    rows = rollout.revisions.order_by("-number")
    number = request.GET.get("revision", "")
    revision = (rows.filter(number=int(number)) if number.isdecimal() else rows).first()
    if revision is None:
        raise Http404
    return rollout, revision


def shown(report: dict[str, Any]) -> Shown:
    """A report with its picture and its numbers."""
    tone, word = _lamp(report)
    window_s = report.get("window_s", 0)
    rows: list[Row] = []
    lines: list[Interval] = []
    for name, tally in _by_number(report.get("healthy", {})):
        what = (
            _("Healthy, margin %(name)s") % {"name": name} if report["judge"] == "compare" else _("Healthy")
        )
        if name == report["used"] and report["judge"] == "compare":
            what = _("%(what)s (this gate)") % {"what": what}
        rows.append(_row(what, tally, window_s))
        lines.append(_line(what, tally, "b-stop"))
    for name, tally in _by_number(report.get("shifts", {})):
        if name == report.get("asked_shift"):
            what = _("%(what)s (must be seen)") % {"what": _worse(name)}
        else:
            what = _worse(name)
        rows.append(_row(what, tally, window_s))
        lines.append(_line(what, tally, "b-pass"))
    for name, tally in _by_number(report.get("traffic", {})):
        if name == "1":
            continue
        what = _("With %(share)s of the traffic") % {"share": wording.percent(float(name))}
        rows.append(_row(what, tally, window_s))
    picture = intervals.draw(lines, report["sentence"]) if report["sound"] is not None else None
    where = _("Stage %(n)s, %(title)s") % {"n": report["stage"], "title": report["stage_title"]}
    begun = report.get("since_at")  # older reports do not say it
    since = datetime.fromisoformat(begun) if begun else None
    return Shown(report, tone, word, where, picture, tuple(rows), since=since)


def _worse(name: str) -> str:
    """A shift by its name in the report."""
    if name.startswith("+"):
        return _("%(points)s points more") % {"points": name}
    return _("%(times)s times worse") % {"times": name}


def _by_number(tallies: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """By the number that is their name, which JSON does not keep in order; the name of a judge alone."""
    return sorted(tallies.items(), key=lambda each: float(each[0]) if len(tallies) > 1 else 0.0)


def _lamp(report: dict[str, Any]) -> tuple[str, str]:
    if report["sound"] is None:
        return "none", _("Cannot be said")
    return ("pass", _("Does well")) if report["sound"] else ("wait", _("To be changed"))


def _line(what: str, tally: dict[str, Any], look: str) -> Interval:
    word = _("no data") if tally["share"] is None else wording.percent(tally["share"])
    return Interval(what, tally["share"], tally["low"], tally["high"], word, look)


def _row(what: str, tally: dict[str, Any], window_s: int) -> Row:
    after = tally["median_windows"]
    return Row(
        what=what,
        bakes=_("%(halted)s of %(bakes)s") % {"halted": tally["halted"], "bakes": tally["bakes"]},
        share=_("no data") if tally["share"] is None else wording.percent(tally["share"]),
        between=_("%(low)s to %(high)s")
        % {"low": wording.percent(tally["low"]), "high": wording.percent(tally["high"])},
        when="" if after is None else wording.span(after * window_s),
    )
