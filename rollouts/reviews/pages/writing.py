"""Forms for the parts of a review, and its buttons. Each makes one call of one verb."""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.models import Service
from rollouts.lib import editing
from rollouts.lib.editing import Editing, Ending
from rollouts.reviews import learning, services
from rollouts.reviews.models import Review, Section
from rollouts.reviews.pages.reading import HINTS, found_for, page, person_of
from rollouts.reviews.rights import rights_of
from rollouts.reviews.values import ItemKind, ItemState


class SectionForm(forms.Form):
    internal = forms.CharField(
        label=gettext_lazy("For us"), required=False, widget=forms.Textarea(attrs={"rows": 10}),
        help_text=gettext_lazy("Markdown. Everybody who is signed in and may see the rollout reads it."),
    )  # fmt: skip
    public = forms.CharField(
        label=gettext_lazy("For outsiders"), required=False, widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("What the public page may say. Empty: nothing of this part is shown."),
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)


class Day(forms.DateInput):
    input_type = "date"


class ItemForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("What will be done"), max_length=300)
    kind = forms.ChoiceField(
        label=gettext_lazy("What it is for"), choices=ItemKind.choices(), initial=ItemKind.PREVENT
    )
    owner = forms.ModelChoiceField(
        Person.objects.filter(is_active=True).order_by("name", "pk"),
        label=gettext_lazy("Owner"), required=False, empty_label=gettext_lazy("Nobody yet"),
    )  # fmt: skip
    due_on = forms.DateField(label=gettext_lazy("Due"), required=False, widget=Day(format="%Y-%m-%d"))
    link = forms.URLField(label=gettext_lazy("Link"), required=False, max_length=500, assume_scheme="https")


class ItemChangeForm(ItemForm):
    state = forms.ChoiceField(label=gettext_lazy("State"), choices=ItemState.choices())


class LessonForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Lesson"), max_length=200)
    text = forms.CharField(
        label=gettext_lazy("What should the next author do differently?"), required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One or two sentences that make sense a year from now."),
    )  # fmt: skip
    services = forms.ModelMultipleChoiceField(
        Service.objects.filter(gone_at__isnull=True).order_by("name", "pk"),
        label=gettext_lazy("Services"), to_field_name="slug",
        help_text=gettext_lazy("Shown when a later plan touches one of them."),
    )  # fmt: skip
    public = forms.BooleanField(label=gettext_lazy("Outsiders may read its title"), required=False)


class AssignForm(forms.Form):
    author = forms.ModelChoiceField(
        Person.objects.filter(is_active=True).order_by("name", "pk"), label=gettext_lazy("Author")
    )
    due_on = forms.DateField(label=gettext_lazy("Due"), widget=Day(format="%Y-%m-%d"))


def _crumbs(row: Review) -> tuple[tuple[str, str], ...]:
    return ((reverse("reviews:reviews"), _("Reviews")), (row.get_absolute_url(), row.rollout.title))


def _saved(form: forms.Form, change: Callable[[], object]) -> bool:
    """Whether it was done; if not, the form says why. What is not there is a 404."""
    try:
        change()
    except services.Refused as refused:
        form.add_error(None, str(refused))
        return False
    except ObjectDoesNotExist:
        raise Http404 from None
    return True


def _barred(may: bool, why: str) -> str:
    return "" if may else why


def _show(request: HttpRequest, row: Review, title: str, form: forms.Form, **more: Any) -> HttpResponse:
    shown = Editing(title=title, form=form, crumbs=_crumbs(row), nav="reviews", **more)
    return editing.page(request, shown)


@login_required
def section(request: HttpRequest, slug: str, section: str) -> HttpResponse:
    """Writes one section. When somebody saved it meanwhile, both texts stand on the page and none is lost."""
    row = found_for(request, slug)
    part = get_object_or_404(row.sections.all(), name=section)
    given = {"internal": part.internal, "public": part.public, "version": part.version}
    form = SectionForm(request.POST or None, initial=given)
    lead = str(HINTS[part.word])
    if request.method == "POST" and form.is_valid():
        try:
            services.save_section(
                review=slug, section=section, actor=person_of(request).actor, face=Face.PAGE,
                **form.cleaned_data,
            )  # fmt: skip
            return redirect(f"{row.get_absolute_url()}#{section}")
        except services.Stale as stale:
            form, lead = _both(request, stale.current), str(stale)
            form.add_error(None, str(stale))
        except services.Refused as refused:
            form.add_error(None, str(refused))
    may = rights_of(person_of(request), row).edit and row.state == "draft"
    why = _("Its author and planners of the owning team write it, while it is a draft.")
    return _show(request, row, part.word.label, form, lead=lead, barred=_barred(may, why))


def _both(request: HttpRequest, current: Section) -> SectionForm:
    """The writer's words stay in the field; what was saved meanwhile stands beside them."""
    data = request.POST.copy()
    data["version"] = str(current.version)
    form = SectionForm(data)
    for name in ("internal", "public"):
        theirs = forms.CharField(
            label=_("As it was saved meanwhile: %(part)s") % {"part": form.fields[name].label},
            required=False, disabled=True, initial=getattr(current, name),
            widget=forms.Textarea(attrs={"rows": 6}),
        )  # fmt: skip
        form.fields[f"theirs_{name}"] = theirs
    return form


@login_required
def new_item(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds an action item."""
    row = found_for(request, slug)
    form = ItemForm(request.POST or None)

    def change() -> None:
        learning.add_item(review=slug, actor=person_of(request).actor, face=Face.PAGE, **form.cleaned_data)

    if request.method == "POST" and form.is_valid() and _saved(form, change):
        return redirect(f"{row.get_absolute_url()}#actions")
    return _show(request, row, _("New action item"), form)


@login_required
def item(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Changes an action item, also after the review is closed."""
    row = found_for(request, slug)
    found = get_object_or_404(row.items.all(), pk=pk)
    names = ("title", "kind", "owner", "due_on", "link", "state")
    form = ItemChangeForm(request.POST or None, initial={name: getattr(found, name) for name in names})

    def change() -> None:
        learning.change_item(
            review=slug, item=pk, actor=person_of(request).actor, face=Face.PAGE, **form.cleaned_data
        )

    if request.method == "POST" and form.is_valid() and _saved(form, change):
        return redirect(f"{row.get_absolute_url()}#actions")
    may = rights_of(person_of(request), row).edit or found.owner_id == person_of(request).pk
    why = _("Its owner and the author of the review change it.")
    return _show(request, row, _("Action item"), form, barred=_barred(may, why))


@login_required
def new_lesson(request: HttpRequest, slug: str) -> HttpResponse:
    """Attaches a lesson to services."""
    row = found_for(request, slug)
    touched = list(row.rollout.changes.values_list("service__slug", flat=True))
    form = LessonForm(request.POST or None, initial={"services": touched})

    def change() -> None:
        learning.add_lesson(review=slug, actor=person_of(request).actor, face=Face.PAGE, **_lesson_data(form))

    if request.method == "POST" and form.is_valid() and _saved(form, change):
        return redirect(f"{row.get_absolute_url()}#lessons")
    return _show(request, row, _("New lesson"), form)


def _lesson_data(form: LessonForm) -> dict[str, Any]:
    data = dict(form.cleaned_data)
    return data | {"services": [service.slug for service in data["services"]]}


@login_required
def lesson(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Writes a lesson anew."""
    row = found_for(request, slug)
    found = get_object_or_404(row.lessons.all(), pk=pk)
    given = {
        "title": found.title, "text": found.text, "public": found.public,
        "services": [service.slug for service in found.services.all()],
    }  # fmt: skip
    form = LessonForm(request.POST or None, initial=given)

    def change() -> None:
        learning.change_lesson(
            review=slug, lesson=pk, actor=person_of(request).actor, face=Face.PAGE, **_lesson_data(form)
        )

    if request.method == "POST" and form.is_valid() and _saved(form, change):
        return redirect(f"{row.get_absolute_url()}#lessons")
    address = reverse("reviews:remove_lesson", args=[slug, pk])
    ending = Ending(address, _("Take it back"), _("Later plans will not show it. The log keeps it."))
    return _show(request, row, _("Lesson"), form, ending=ending)


@login_required
@require_POST
def remove_lesson(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Takes a lesson back."""
    row = found_for(request, slug)
    try:
        learning.remove_lesson(review=slug, lesson=pk, actor=person_of(request).actor, face=Face.PAGE)
    except services.Refused as refused:
        messages.error(request, str(refused))
    except ObjectDoesNotExist:
        raise Http404 from None
    return redirect(f"{row.get_absolute_url()}#lessons")


@login_required
def assign(request: HttpRequest, slug: str) -> HttpResponse:
    """Names the author and the due date."""
    row = found_for(request, slug)
    form = AssignForm(request.POST or None, initial={"author": row.author, "due_on": row.due_at.date()})

    def change() -> None:
        due_at = datetime.combine(form.cleaned_data["due_on"], time(17), UTC)
        services.assign(
            review=slug, author=form.cleaned_data["author"], due_at=due_at,
            actor=person_of(request).actor, face=Face.PAGE,
        )  # fmt: skip

    if request.method == "POST" and form.is_valid() and _saved(form, change):
        return redirect(row)
    may = rights_of(person_of(request), row).edit
    why = _("Its author and planners of the owning team arrange it.")
    return _show(request, row, _("Author and due date"), form, barred=_barred(may, why))


VERBS: dict[str, Callable[..., object]] = {
    "submit": services.submit,
    "approve": services.approve,
    "close": services.close,
    "measure": services.refresh_impact,
}


@login_required
@require_POST
def act(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """One button: submit, return, approve, close, measure, publish, unpublish, comment, or a word on harm."""
    row = found_for(request, slug)
    given: dict[str, Any] = {"review": slug, "actor": person_of(request).actor, "face": Face.PAGE}
    words = request.POST.get("words", "")
    try:
        if verb == "return":
            services.return_to_author(reason=words, **given)
        elif verb == "comment":
            services.comment(text=words, **given)
        elif verb in ("publish", "unpublish"):
            services.publish(published=verb == "publish", **given)
        elif verb in ("harmful", "harmless"):
            services.say_harm(harmful=verb == "harmful", **given)
        elif verb in VERBS:
            VERBS[verb](**given)
        else:
            raise Http404
    except services.Refused as refused:
        return page(request, found_for(request, slug), refused=str(refused), status=409)
    return redirect(row)
