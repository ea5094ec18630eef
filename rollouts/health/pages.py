"""Metric sources on pages: how each goes, declared, changed, and switched off."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollouts.audit.values import Face
from rollouts.catalog.queries import plans_for, teams_described_by
from rollouts.health import queries, services
from rollouts.health.declaring import filled, may_declare, person_of, saved
from rollouts.health.models import Source
from rollouts.health.pushing import pages as pushing
from rollouts.health.sources.forms import PrometheusForm, PushForm, SourceForm, TargetsForm
from rollouts.health.sources.reading import going, recent_queries
from rollouts.health.sources.values import Asked
from rollouts.health.values import SourceKind
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.editing import Editing, Ending


@login_required
@require_safe
def sources(request: HttpRequest) -> HttpResponse:
    """All sources: when each was last read, and what went wrong."""
    context = {
        "sources": queries.sources(database_now()),
        "describes": may_declare(person_of(request)),
        "nav": "services",
    }
    return render(request, "health/sources.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, slug: str | None = None, kind: str = "openmetrics") -> HttpResponse:
    """How a source goes; declares one, or changes it."""
    row = get_object_or_404(Source.objects.select_related("team", "environment"), slug=slug) if slug else None
    teams = [(team.slug, team.name) for team in teams_described_by(person_of(request))]
    barred = "" if teams and (row is None or row.team.slug in dict(teams)) else _barred(row)
    if row is not None and row.team.slug not in dict(teams):
        teams.append((row.team.slug, row.team.name))
    form = filled(FORMS[SourceKind(row.kind if row else kind)], request, _initial(row), teams)
    if saved(request, form, barred):
        return redirect("health:sources")
    return editing.page(request, _editing(request, row, form, barred))


FORMS: dict[SourceKind, type[SourceForm]] = {
    form.kind: form for form in (TargetsForm, PrometheusForm, PushForm)
}
LEADS = {
    SourceKind.OPENMETRICS: gettext_lazy(
        "An address is asked once a window for OpenMetrics or Prometheus text."
    ),
    SourceKind.PROMETHEUS: gettext_lazy("A server that knows many services is asked a few queries a window."),
    SourceKind.PUSH: gettext_lazy("What cannot be asked pushes its counts, window by window."),
}


def _editing(request: HttpRequest, row: Source | None, form: SourceForm, barred: str) -> Editing:
    ending = None
    if row is not None:
        word = _("Stop asking it") if row.enabled else _("Ask it again")
        said = (
            _("Gates that read it then say that there is no data; what was measured stays.")
            if row.enabled
            else _("It is asked once a window from now on.")
        )
        ending = Ending(reverse("health:switch", args=[row.slug]), word, said)
    return Editing(
        title=row.name if row else _("New metric source"),
        form=form,
        crumbs=((reverse("health:sources"), _("Metric sources")),),
        nav="services",
        lead=str(LEADS[form.kind]),
        barred=barred,
        ending=ending,
        template="health/source.html",
        more=_standing(request, row) if row else {},
    )


def _standing(request: HttpRequest, row: Source) -> dict[str, Any]:
    """How it goes, in the words of the page."""
    now = database_now()
    found: dict[str, Any] = {"source": row, "standing": queries.standing(row, now), "going": going(row, now)}
    if row.kind == SourceKind.PUSH:
        found["push"] = pushing.where(request, row, now)
    if row.kind == SourceKind.PROMETHEUS:
        found |= {
            "signals": list(row.own_signals.order_by("name", "pk")),
            "sent": recent_queries(row, now),
            "kept": row.access != "",
        }
    return found


def _initial(row: Source | None) -> dict[str, Any]:
    if row is None:
        return {}
    if row.kind == SourceKind.PROMETHEUS:
        return _initial_of_server(row)
    if row.kind == SourceKind.PUSH:
        return pushing.initial(row)
    targets = row.targets.select_related("service").order_by("service__slug", "pk")
    return {
        "name": row.slug,
        "title": row.name,
        "environment": row.environment.slug,
        "team": row.team.slug,
        "window_s": row.window_s,
        "timeout_s": row.timeout_s,
        "targets": "\n".join(f"{one.service.slug} {one.url} {one.version}".strip() for one in targets),
    }


def _initial_of_server(row: Source) -> dict[str, Any]:
    asked = Asked.read(row.settings)
    return {
        "name": row.slug,
        "title": row.name,
        "url": row.url,
        "environment": row.environment.slug,
        "team": row.team.slug,
        "window_s": row.window_s,
        "timeout_s": row.timeout_s,
        "delay_s": row.delay_s,
        "conventions": list(asked.conventions),
        "service_label": asked.service_label,
        "version_label": asked.version_label,
        "matchers": asked.matchers,
        "names": "\n".join(f"{label} {slug}" for label, slug in sorted(asked.names.items())),
        "bounds_s": ", ".join(f"{each:g}" for each in asked.bounds_s),
        "exemplars": asked.exemplars,
    }


def _barred(row: Source | None) -> str:
    if row is None:
        return _("Planners and admins of a team declare its sources.")
    return _("Planners and admins of %(team)s change it. The page shows how it stands.") % {"team": row.team}


@login_required
@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Stops asking a source, or begins again."""
    row = get_object_or_404(Source.objects.select_related("team"), slug=slug)
    if not plans_for(person_of(request), row.team.slug):
        messages.error(request, _barred(row))
        return redirect("health:source", slug)
    try:
        row = services.switch_source(
            slug=slug, enabled=not row.enabled, actor=person_of(request).actor, face=Face.PAGE
        )
    except Source.DoesNotExist:
        raise Http404 from None
    said = _("%(name)s is asked once a window.") if row.enabled else _("%(name)s is not asked any more.")
    messages.info(request, said % {"name": row.name})
    return redirect("health:sources")
