"""Campaigns: a contract's move from one version to another over several rollouts, and how far each is."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from rollouts.audit.values import Face
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import plans_for_service
from rollouts.dashboard.drawings import bars
from rollouts.dashboard.standing import person_of
from rollouts.lib.clock import database_now
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries as plans
from rollouts.plans import services
from rollouts.plans.models import Campaign, Rollout

DAY = timedelta(days=1)


class CampaignForm(forms.Form):
    """Which contract moves, from which version to which."""

    contract = forms.CharField(label=gettext_lazy("Contract"), max_length=80)
    old = forms.CharField(label=gettext_lazy("From version"), max_length=60)
    new = forms.CharField(label=gettext_lazy("To version"), max_length=60)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


@login_required
@require_http_methods(["GET", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """All campaigns, those that go on first; and the form that opens one."""
    form = CampaignForm(request.POST if request.method == "POST" else None, initial=request.GET.dict())
    if request.method == "POST" and form.is_valid():
        try:
            opened = services.open_campaign(**form.cleaned_data, by=person_of(request), face=Face.PAGE)
        except Contract.DoesNotExist:
            form.add_error("contract", _("There is no such contract."))
        except Refusal as refusal:
            form.add_error(None, f"{refusal.sentence} {refusal.remedy}")
        else:
            return redirect(opened.campaign)
    rows = Campaign.objects.select_related("contract__provider").order_by("-ended_at", "-opened_at", "-pk")
    context = {"form": form, "campaigns": rows[:200], "nav": "services"}
    return render(request, "dashboard/campaigns.html", context, status=422 if form.errors else 200)


@login_required
def campaign(request: HttpRequest, pk: int) -> HttpResponse:
    """How far one is."""
    row = get_object_or_404(Campaign.objects.select_related("contract__provider"), pk=pk)
    found = plans.progress(row, database_now())
    person = person_of(request)
    seen = Rollout.objects.accessible_to(person).filter(pk__in=[one.pk for one, _changes in found.rollouts])
    visible = set(seen.values_list("pk", flat=True))
    context: dict[str, Any] = {
        "campaign": row,
        "progress": found,
        "rollouts": [(one, changes) for one, changes in found.rollouts if one.pk in visible],
        "hidden": len(found.rollouts) - len(visible),
        "bars": _drawn(found),
        "days": _days(found),
        "method": plans.METHOD,
        "fewest": plans.FEWEST_DAYS,
        "provides": plans_for_service(person, row.contract.provider.slug),
        "nav": "services",
    }
    return render(request, "dashboard/campaign.html", context)


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a campaign."""
    try:
        row = services.end_campaign(campaign=pk, by=person_of(request), face=Face.PAGE)
    except Campaign.DoesNotExist:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("dashboard:campaign", pk)
    messages.info(request, _("The campaign is ended. It stays here to be read."))
    return redirect(row)


def _drawn(found: plans.Progress) -> bars.Bars | None:
    """The share of calls on each version, by day."""
    percent = {
        version: {
            _noon(day): round(share * 100) for day in found.days if (share := found.shares(day).get(version))
        }
        for version in found.calls
    }
    sentence = _("Share of calls on each version of the contract, by day, in percent.")
    return bars.draw(percent, _noon(found.days[0]), len(found.days), _("others"), sentence, step=DAY)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _days(found: plans.Progress) -> list[tuple[date, int, int, list[tuple[str, float]]]]:
    """Newest first: the day, who had moved, calls, and the share of each version."""
    rows = []
    for day, moved in zip(reversed(found.days), reversed(found.moved), strict=True):
        calls = sum(by_day.get(day, 0) for by_day in found.calls.values())
        rows.append((day, moved, calls, sorted(found.shares(day).items())))
    return rows
