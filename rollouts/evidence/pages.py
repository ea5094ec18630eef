"""Evidence to read, and the form for what people tried themselves: drills, reviews, degraded modes."""

from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Service
from rollouts.evidence import services
from rollouts.evidence.about import About, digest_of
from rollouts.evidence.models import Result
from rollouts.evidence.reports.values import Counts, Report
from rollouts.evidence.values import Form, Kind, Outcome
from rollouts.lib import editing
from rollouts.lib.clock import database_now
from rollouts.lib.editing import Editing
from rollouts.lib.refusals import Refusal
from rollouts.plans.models import Rollout

PAGE = 50
BY_HAND = (Kind.DRILL, Kind.INTEGRATION_REVIEW, Kind.DEGRADED_MODE)
OFFERED = 200
FILTERS = {
    "kind": "kind", "result": "outcome", "service": "service__slug", "contract": "contract__slug",
    "version": "version", "rollout": "rollout__slug", "stage": "stage",
}  # fmt: skip


def person_of(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


class RecordForm(forms.Form):
    """What people tried, and what came of it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What was it?"), choices=[(one.value, one.label) for one in BY_HAND]
    )
    result = forms.ChoiceField(
        label=gettext_lazy("What came of it?"), widget=forms.RadioSelect, choices=Outcome.choices()
    )
    rollout = forms.ChoiceField(label=gettext_lazy("Rollout"), required=False)
    stage = forms.CharField(
        label=gettext_lazy("Stage"),
        required=False,
        max_length=80,
        help_text=gettext_lazy("Its name in the plan. Empty: the whole rollout."),
    )
    service = forms.ChoiceField(label=gettext_lazy("Service"), required=False)
    at = forms.DateTimeField(
        label=gettext_lazy("When (UTC)"),
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    note = forms.CharField(
        label=gettext_lazy("What was done and seen"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    url = forms.URLField(label=gettext_lazy("Link"), required=False, max_length=500, assume_scheme="https")

    def __init__(self, *args: Any, rollouts: list[tuple[str, str]], **more: Any) -> None:
        super().__init__(*args, **more)
        present = Service.objects.filter(gone_at__isnull=True).order_by("slug").values_list("slug", "name")
        self.fields["rollout"].choices = [("", _("None")), *rollouts]  # type: ignore[attr-defined]
        self.fields["service"].choices = [("", _("None")), *present]  # type: ignore[attr-defined]

    def told(self) -> tuple[About, Report]:
        """What was filled in, as values."""
        said = {**self.cleaned_data}
        outcome = Outcome(said.pop("result"))
        counts = Counts(failures=int(outcome is Outcome.FAILED))
        at = said.pop("at").replace(tzinfo=UTC)
        return About(**{**said, "kind": Kind(said["kind"]), "at": at}), Report(outcome, counts)


def _offered(person: Person) -> list[tuple[str, str]]:
    """The newest rollouts that have not ended."""
    rows = Rollout.objects.accessible_to(person).filter(ended_at__isnull=True)
    return list(rows.order_by("-created_at", "-pk").values_list("slug", "title")[:OFFERED])


@login_required
def evidence(request: HttpRequest) -> HttpResponse:
    """All results, fifty a page, the newest first."""
    asked = {name: text for name in FILTERS if (text := request.GET.get(name, "").strip())}
    rows = Result.objects.visible_to(person_of(request)).with_all().newest_first()
    rows = rows.filter(**{FILTERS[name]: text for name, text in asked.items()})
    context = {
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "query": urlencode(asked),
        "kinds": Kind.choices(),
        "results": Outcome.choices(),
        "now": database_now(),
        "nav": "services",
    }
    return render(request, "evidence/evidence.html", context)


@login_required
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """One result with all that is known of it."""
    rows = Result.objects.visible_to(person_of(request)).with_all()
    found = get_object_or_404(rows, pk=pk)
    context = {"result": found, "now": database_now(), "nav": "services"}
    return render(request, "evidence/result.html", context)


@login_required
def record(request: HttpRequest) -> HttpResponse:
    """Records a drill, an integration review or a degraded mode by hand."""
    person = person_of(request)
    initial = {name: request.GET.get(name, "") for name in ("kind", "rollout", "stage", "service")}
    initial["at"] = f"{database_now():%Y-%m-%dT%H:%M}"
    form = RecordForm(request.POST or None, initial=initial, rollouts=_offered(person))
    if request.method == "POST" and form.is_valid() and (made := _recorded(request, form)) is not None:
        return redirect(made)
    shown = Editing(
        title=_("Record what was tried"),
        form=form,
        crumbs=((reverse("evidence:evidence"), _("Evidence")),),
        nav="services",
        lead=_(
            "Your name stands beside it. It counts for 14 days. Results of test programs come over the API."
        ),
    )
    return editing.page(request, shown)


def _recorded(request: HttpRequest, form: RecordForm) -> Result | None:
    """What was kept; None where the form says what is to be mended."""
    about, report = form.told()
    digest = digest_of(repr(sorted(form.cleaned_data.items())).encode())
    try:
        found = services.record(
            about=about, report=report, form=Form.PAGE, digest=digest, by=person_of(request), face=Face.PAGE
        )
    except services.Unknown as unknown:
        form.add_error(unknown.field if unknown.field in form.fields else None, str(unknown))
        return None
    except Refusal as refused:
        form.add_error(None, str(refused))
        return None
    messages.info(request, _("Recorded."))
    return found.result
