"""The page on which the rules of a contract's versions are set."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.audit.values import Face
from rollouts.catalog.services import Unsound
from rollouts.contracts import queries
from rollouts.contracts.models import Contract
from rollouts.contracts.pages.reading import person_of
from rollouts.contracts.values import Category, Format, Model, Policy
from rollouts.contracts.versioning import services
from rollouts.contracts.versioning.reading import rules_of
from rollouts.lib import editing
from rollouts.lib.editing import Editing
from rollouts.lib.refusals import Refusal

POLICIES = [
    (Policy.NONE.value, gettext_lazy("None: every difference is allowed")),
    (Policy.BACKWARD.value, gettext_lazy("Backward: what was valid stays valid")),
    (Policy.FORWARD.value, gettext_lazy("Forward: what is valid was valid before")),
    (Policy.FULL.value, gettext_lazy("Full: both")),
]
MODELS = [
    (Model.OPEN.value, gettext_lazy("Open: what is not declared is not sent")),
    (Model.STRICT.value, gettext_lazy("Strict: undeclared fields may hold anything")),
]
CATEGORIES = [
    (Category.WIRE_JSON.value, gettext_lazy("WIRE_JSON: what goes over the wire, also as JSON")),
    (Category.WIRE.value, gettext_lazy("WIRE: what goes over the wire")),
    (Category.FILE.value, gettext_lazy("FILE: what is compiled, file by file")),
    (Category.PACKAGE.value, gettext_lazy("PACKAGE: what is compiled, package by package")),
    (Category.CSR.value, gettext_lazy("CSR: what Confluent's registry checks")),
]


class RulesForm(forms.Form):
    """What a new version may do, and how long an old one stays."""

    policy = forms.ChoiceField(
        label=gettext_lazy("Policy"),
        choices=POLICIES,
        help_text=gettext_lazy(
            "Of an API, backward means that old consumers go on against the new provider; of events, that who"
            " reads the new version reads old messages, as schema registries say it."
        ),
    )
    transitive = forms.BooleanField(
        label=gettext_lazy("Against all versions that are not retired, not only the one before"),
        required=False,
    )
    semantic = forms.BooleanField(
        label=gettext_lazy("Numbers follow semantic versioning: what breaks consumers is a major step"),
        required=False,
    )
    refuses = forms.BooleanField(
        label=gettext_lazy("Refuse documents that break a rule, unless a reason is given"), required=False
    )
    model = forms.ChoiceField(label=gettext_lazy("Content model"), choices=MODELS)
    category = forms.ChoiceField(label=gettext_lazy("Buf category"), choices=CATEGORIES)
    deprecated_days = forms.IntegerField(
        label=gettext_lazy("Days that a deprecated version stays at least"),
        required=False,
        min_value=1,
        max_value=3650,
    )
    evidence = forms.BooleanField(
        label=gettext_lazy(
            "A version is promoted only with tests of its consumers, also where nothing breaks"
        ),
        required=False,
    )
    evidence_days = forms.IntegerField(
        label=gettext_lazy("Days that a result of tests counts"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=gettext_lazy("Empty: 14."),
    )
    quiet_days = forms.IntegerField(
        label=gettext_lazy("Days without a call before a version can be retired"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=gettext_lazy("Empty: 14."),
    )

    def __init__(self, *args: Any, format_: Format, **more: Any) -> None:
        super().__init__(*args, **more)
        if format_ is not Format.PROTOBUF:
            self.fields["category"].widget = forms.HiddenInput()
        if format_ is not Format.JSONSCHEMA:
            self.fields["model"].widget = forms.HiddenInput()


@login_required
def rules(request: HttpRequest, slug: str) -> HttpResponse:
    """Reads the rules, and lets planners of the provider change them."""
    row = get_object_or_404(Contract.objects.select_related("provider"), slug=slug)
    person, found = person_of(request), rules_of(row)
    form = RulesForm(
        request.POST or None,
        format_=Format(row.format),
        initial={name: getattr(found, name) for name in services.DEFAULTS},
    )
    if request.method == "POST" and form.is_valid() and _saved(request, form, slug):
        return redirect("contracts:contract", slug)
    barred = _("Only planners and admins of the team that owns %(name)s change this.")
    may = queries.plans_for_service(person, row.provider.slug)
    crumbs = (
        (reverse("contracts:contracts"), _("Contracts")),
        (reverse("contracts:contract", args=[slug]), row.name),
    )
    shown = Editing(
        title=_("Rules of versions"),
        form=form,
        crumbs=crumbs,
        nav="services",
        lead=_("Each document that is given to a version is judged by them, against the versions before it."),
        barred="" if may else barred % {"name": row.provider.name},
    )
    return editing.page(request, shown)


def _saved(request: HttpRequest, form: RulesForm, slug: str) -> bool:
    try:
        # What is left empty is as it is without rules.
        entry = {
            name: value
            for name, value in form.cleaned_data.items()
            if value is not None or services.DEFAULTS[name] is None
        }
        services.save_rules(contract=slug, entry=entry, by=person_of(request), face=Face.PAGE)
    except Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
        return False
    except Refusal as refused:
        editing.blame(form, str(refused))
        return False
    messages.info(request, _("Saved."))
    return True
