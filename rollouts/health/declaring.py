"""What pages of metric sources, synthetic checks and SLOs share: an entry of the catalog's file as a form."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog import services as catalog
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import services_described_by, teams_described_by
from rollouts.lib import editing
from rollouts.lib.editing import SlugField
from rollouts.lib.refusals import Refusal

Choices = list[tuple[str, str]]


def person_of(request: HttpRequest) -> Person:
    """Who is signed in; `login_required` stands before every caller."""
    assert isinstance(request.user, Person)  # noqa: S101
    return request.user


def environments() -> Choices:
    """All of them in their order, read anew for every form."""
    return list(Environment.objects.order_by("order", "slug").values_list("slug", "name"))


def services_for(person: Person, now: Service | None) -> Choices:
    """Services of the teams that the person describes, and the one that it is now."""
    found = list(services_described_by(person).order_by("name", "slug").values_list("slug", "name"))
    if now is not None and now.slug not in dict(found):
        found.append((now.slug, now.name))
    return found


class DeclaredForm(forms.Form):
    """Something that a team declares. `owned_by`: the field that says whose it is, from the reader's own."""

    owned_by: ClassVar[str] = "service"
    section: ClassVar[str]
    """Of the catalog's file."""
    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)

    def __init__(self, *args: Any, owners: Choices, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields[self.owned_by].choices = owners  # type: ignore[attr-defined]
        self.fields["name"].disabled = self.stands

    @property
    def stands(self) -> bool:
        """Whether it is there already; its name then stays."""
        return "name" in self.initial

    def entry(self) -> dict[str, Any]:
        """The entry of the file."""
        return editing.entry_of(self)


AForm = TypeVar("AForm", bound=DeclaredForm)


def filled(form: type[AForm], request: HttpRequest, initial: Mapping[str, Any], owners: Choices) -> AForm:
    """The form with what was sent, or with what is there."""
    return form(request.POST if request.method == "POST" else None, initial=dict(initial), owners=owners)


def saved(request: HttpRequest, form: DeclaredForm, barred: str) -> bool:
    """Saves what was sent, and says so; what keeps it from being saved stands in the form."""
    if request.method != "POST" or barred or not form.is_valid():
        return False
    entry, person = form.entry(), person_of(request)
    try:
        catalog.save_entry(section=form.section, entry=entry, by=person, face=Face.PAGE, new=not form.stands)
    except catalog.Unsound as unsound:
        editing.blame(form, unsound.sentence, unsound.problems)
    except Refusal as refused:
        editing.blame(form, str(refused))
    else:
        messages.info(request, _("Saved %(name)s.") % {"name": entry["title"]})
        return True
    return False


def may_declare(person: Person) -> bool:
    """Whether there is a team whose things the person may declare."""
    return teams_described_by(person).exists()
