"""What owners do for their readers: updates, answers, the link, and a preview of the page."""

from datetime import timedelta
from typing import cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.values import Visibility
from rollouts.statuspages import publishing, queries, services
from rollouts.statuspages.models import Feedback, Publication


class UpdateForm(forms.Form):
    """An update, and whether outsiders read it."""

    text = forms.CharField(
        label=gettext_lazy("What should readers know?"),
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=gettext_lazy("Markdown. Say what happened, what it means for them, and what comes next."),
    )
    public = forms.BooleanField(label=gettext_lazy("Show it on the public page"), required=False)


class AnswerForm(forms.Form):
    """An answer, and whether outsiders read it with the question."""

    text = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=services.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    public = forms.BooleanField(
        label=gettext_lazy("Show question and answer on the public page"), required=False
    )


class LinkForm(forms.Form):
    """How long a link opens the page."""

    days = forms.IntegerField(label=gettext_lazy("Days it lasts"), min_value=1, max_value=366, initial=14)


def _person(request: HttpRequest) -> Person:
    return cast("Person", request.user)


def _rollout(request: HttpRequest, slug: str) -> Rollout:
    """The rollout, when this person may see it."""
    rows = Rollout.objects.accessible_to(_person(request)).select_related("team", "in_force", "owner")
    return get_object_or_404(rows, slug=slug)


def _required(request: HttpRequest, rollout: Rollout) -> None:
    if not queries.may_tell(_person(request), rollout):
        raise PermissionDenied(
            _("The owner and planners of %(team)s speak to the readers.") % {"team": rollout.team}
        )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def updates(request: HttpRequest, slug: str) -> HttpResponse:
    """Updates so far, and a form that begins with the draft from the log when one is due."""
    rollout = _rollout(request, slug)
    publication = Publication.objects.filter(rollout=rollout).first()
    shown = rollout.visibility in (Visibility.PUBLIC, Visibility.LINK)
    given = {"text": publication.draft if publication else "", "public": shown}
    form = UpdateForm(request.POST if request.method == "POST" else None, initial=given)
    if request.method == "POST":
        _required(request, rollout)
        if form.is_valid():
            data = form.cleaned_data
            services.post_update(
                rollout=slug,
                text=data["text"],
                public=data["public"],
                author=_person(request),
                face=Face.PAGE,
            )
            messages.success(request, _("The update is posted."))
            return redirect("statuspages:updates", slug)
    context = {
        "rollout": rollout,
        "updates": queries.updates(rollout),
        "publication": publication,
        "form": form,
        "may_tell": queries.may_tell(_person(request), rollout),
        "nav": "rollouts",
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "statuspages/updates.html", context, status=status)


@login_required
@require_safe
def feedback(request: HttpRequest, slug: str) -> HttpResponse:
    """What readers wrote, what is not answered first."""
    return _feedback(request, _rollout(request, slug))


def _feedback(
    request: HttpRequest, rollout: Rollout, wrong: tuple[int, AnswerForm] | None = None
) -> HttpResponse:
    letters = [
        (row, wrong[1] if wrong and wrong[0] == row.pk else AnswerForm(auto_id=f"id_{row.pk}_%s"))
        for row in queries.feedback(rollout)
    ]
    context = {
        "rollout": rollout,
        "letters": letters,
        "may_tell": queries.may_tell(_person(request), rollout),
        "nav": "rollouts",
    }
    return render(request, "statuspages/feedback.html", context, status=422 if wrong else 200)


@login_required
@require_POST
def answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Answers one reader."""
    rollout = _rollout(request, slug)
    _required(request, rollout)
    get_object_or_404(Feedback, pk=pk, rollout=rollout)
    form = AnswerForm(request.POST, auto_id=f"id_{pk}_%s")
    if not form.is_valid():
        return _feedback(request, rollout, (pk, form))
    services.answer_feedback(
        pk=pk,
        rollout=slug,
        text=form.cleaned_data["text"],
        public=form.cleaned_data["public"],
        by=_person(request),
        face=Face.PAGE,
    )
    messages.success(request, _("Your answer is where the reader looks for it."))
    return redirect("statuspages:feedback", slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes or revokes the link; a new one is shown in the answer only."""
    rollout = _rollout(request, slug)
    _required(request, rollout)
    form = LinkForm(request.POST if request.method == "POST" and "revoke" not in request.POST else None)
    made = ""
    try:
        if request.method == "POST" and "revoke" in request.POST:
            services.revoke_link(rollout=slug, actor=_person(request).actor, face=Face.PAGE)
            messages.success(request, _("The link opens nothing any more."))
            return redirect("statuspages:link", slug)
        if request.method == "POST" and form.is_valid():
            ends = database_now() + timedelta(days=form.cleaned_data["days"])
            key = services.make_link(
                rollout=slug, expires_at=ends, actor=_person(request).actor, face=Face.PAGE
            )
            made = f"{_site_path()}{slug}/?key={key}"
    except services.Unwelcome as error:
        form = LinkForm()
        messages.error(request, str(error))
    rollout.refresh_from_db()
    context = {"rollout": rollout, "form": form, "made": made, "nav": "rollouts"}
    response = render(request, "statuspages/link.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _site_path() -> str:
    from django.conf import settings

    site = queries.default_site()
    return f"{settings.GATEHOUSE_URL}{site.path if site else '/status/main/'}"


@login_required
@require_safe
def preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page as it would be, for those who see the rollout."""
    rollout = _rollout(request, slug)
    html = publishing.preview(rollout)
    if html is None:
        return render(request, "statuspages/no_words.html", {"rollout": rollout, "nav": "rollouts"})
    told = _("A preview. Nobody outside sees it yet.") if rollout.visibility != "public" else _("A preview.")
    return HttpResponse(html.replace("<!--checked-->", told))
