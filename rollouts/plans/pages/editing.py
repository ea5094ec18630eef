"""The editor of a plan's file: checked while it is typed, saved as the next draft; also without scripts."""

import re
from dataclasses import dataclass
from pathlib import Path

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from rollouts.audit.values import Face
from rollouts.lib.documents.forms import DocumentForm
from rollouts.lib.documents.source import YAML
from rollouts.lib.refusals import Refusal
from rollouts.plans import queries, services
from rollouts.plans.document.check import Checked
from rollouts.plans.models import Rollout
from rollouts.plans.pages.asking import person_of, plans_for_team, revision_of, rollout_of
from rollouts.plans.pages.reasons import Reason, reasons

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {
    "gradual": gettext_lazy("Step by step"),
    "contract": gettext_lazy("A contract changes"),
    "empty": gettext_lazy("Almost empty"),
}


class PlanForm(DocumentForm):
    """A plan; `base` is the digest that the edit began with."""

    base = forms.CharField(required=False, widget=forms.HiddenInput)


@dataclass(frozen=True)
class Shown:
    """What stands in the editor, and what the checks say about it."""

    text: str
    media_type: str
    base: str
    checked: Checked


@login_required
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Edits a rollout's plan; saving makes the next draft and changes nothing else."""
    rollout = rollout_of(request, slug)
    if request.method == "POST":
        return _post(request, rollout)
    revision = revision_of(rollout, request.GET.get("revision"))
    newest = queries.newest_revision(rollout)
    text = queries.text_of(revision)
    checked = services.validate(source=text.encode(), media_type=revision.media_type)
    base = newest.digest if newest else ""
    return _page(request, rollout, Shown(text, revision.media_type, base, checked))


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """A plan for a new rollout, from a template, another rollout's plan, or an uploaded file."""
    if request.method == "POST":
        return _post(request, None)
    other = request.GET.get("from")
    text = _copied(rollout_of(request, other)) if other else _template(request.GET.get("template", ""))
    return _page(request, None, Shown(text, YAML, "", services.validate(source=text.encode())))


def _template(kind: str) -> str:
    return (TEMPLATES / f"{kind if kind in KINDS else 'gradual'}.yaml").read_text()


def _copied(rollout: Rollout) -> str:
    """The newest plan of a rollout under another name, for the next one like it."""
    text = queries.yaml_of(revision_of(rollout, None))
    return re.sub(
        rf"(?m)^name: [\"']?{re.escape(rollout.slug)}[\"']?\s*$", f"name: {rollout.slug}-next", text
    )


def _post(request: HttpRequest, rollout: Rollout | None) -> HttpResponse:
    form = PlanForm(request.POST, request.FILES)
    form.is_valid()
    source, media_type = form.document()
    base = form.cleaned_data["base"] if rollout else ""
    if "check" in request.POST:
        return _page(request, rollout, _shown(source, media_type, base))
    if "stages" in request.POST:
        return _staged(request, rollout, source, media_type, base)
    try:
        saved = services.save_draft(
            source=source,
            media_type=media_type,
            rollout=rollout.slug if rollout else None,
            base=base,
            actor=person_of(request).actor,
            face=Face.PAGE,
        )
    except services.Unsound as unsound:
        shown = Shown(_text(source), media_type, base, unsound.checked)
        return _page(request, rollout, shown, refusal=unsound, status=422)
    except Refusal as refusal:
        return _page(
            request, rollout, _shown(source, media_type, base), refusal=refusal, status=_status(refusal)
        )
    number = saved.revision.number
    said = _("Saved revision %(n)s.") if saved.made else _("Nothing new: revision %(n)s says the same.")
    messages.info(request, said % {"n": number})
    return redirect("plans:plan", saved.checked.plan.name if saved.checked.plan else "")


def _staged(
    request: HttpRequest, rollout: Rollout | None, source: bytes, media_type: str, base: str
) -> HttpResponse:
    """The text with stages in the order of the waves, for its author to edit; nothing is saved."""
    try:
        proposed = services.propose_stages(source=source, media_type=media_type)
    except services.Unsound as unsound:
        shown = Shown(_text(source), media_type, base, unsound.checked)
        return _page(request, rollout, shown, refusal=unsound, status=422)
    many = len(proposed.stages)
    said = ngettext(
        "%(n)s stage is proposed, in the order of the waves. Edit it, and save.",
        "%(n)s stages are proposed, in the order of the waves. Edit them, and save.",
        many,
    )
    messages.info(request, said % {"n": many})
    return _page(request, rollout, _shown(proposed.text.encode(), media_type, base))


def _status(refusal: Refusal) -> int:
    return 403 if refusal.code == "forbidden" else 409


def _text(source: bytes) -> str:
    return source.decode("utf-8-sig", errors="replace")


def _shown(source: bytes, media_type: str, base: str) -> Shown:
    checked = services.validate(source=source, media_type=media_type)
    return Shown(_text(source), media_type, base, checked)


def _page(
    request: HttpRequest,
    rollout: Rollout | None,
    shown: Shown,
    *,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    initial = {"source": shown.text, "base": shown.base, "media_type": shown.media_type}
    newest = queries.newest_revision(rollout) if rollout else None
    context = {
        "rollout": rollout,
        "newest": newest,
        "form": PlanForm(initial=initial),
        "reasons": reasons(shown.checked),
        "checked": shown.checked,
        "refusal": refusal,
        "outdated": isinstance(refusal, services.Outdated),
        "may_save": rollout is None or plans_for_team(person_of(request), rollout.team_id),
        "kinds": KINDS.items(),
        "kind": request.GET.get("template", "gradual"),
        "nav": "rollouts",
    }
    return render(request, "plans/edit.html", context, status=status)


@login_required
@require_POST
def check(request: HttpRequest) -> HttpResponse:
    """The checks alone, for what stands in the editor now."""
    form = PlanForm(request.POST)
    form.is_valid()
    source, media_type = form.document()
    checked = services.validate(source=source, media_type=media_type)
    found: list[Reason] = reasons(checked)
    return render(request, "plans/checks.html", {"reasons": found, "checked": checked})
