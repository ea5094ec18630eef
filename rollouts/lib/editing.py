"""The page that edits one thing: a form, who may save it, and where its reader came from."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from rollouts.lib.documents.problems import Problem


@dataclass(frozen=True)
class Ending:
    """The button that ends the thing instead of saving it, with a sentence about what then happens."""

    address: str
    word: str
    sentence: str


@dataclass(frozen=True)
class Editing:
    """What stands on the page. `crumbs` are (address, word) pairs, the last of which is where Cancel leads.

    `barred` says why the reader may not save; the page then shows everything and offers no button.
    A `template` that extends the common one shows `more` before and after the form.
    """

    title: str
    form: forms.Form
    crumbs: tuple[tuple[str, str], ...]
    nav: str = ""
    lead: str = ""
    barred: str = ""
    ending: Ending | None = None
    template: str = "components/editing.html"
    more: Mapping[str, Any] = field(default_factory=dict)


def page(request: HttpRequest, editing: Editing) -> HttpResponse:
    """The page: 422 when something is to be mended."""
    if editing.barred:
        for field in editing.form.fields.values():
            field.disabled = True
    context = {"editing": editing, "form": editing.form, "nav": editing.nav, **editing.more}
    return render(request, editing.template, context, status=422 if editing.form.errors else 200)


def entry_of(form: forms.Form) -> dict[str, Any]:
    """What the form says, as an entry of a document has it: what is empty is left out."""
    return {name: value for name, value in form.cleaned_data.items() if value not in ("", None, [])}


def blame(form: forms.Form, sentence: str, problems: Iterable[Problem] = ()) -> None:
    """Puts each problem beside the field that its path names; the others, and the sentence, above all."""
    placed = False
    for problem in problems:
        named = [part for part in problem.path.split("/") if part in form.fields]
        form.add_error(named[-1] if named else None, f"{problem.message} {problem.remedy}")
        placed = True
    if not placed:
        form.add_error(None, sentence)


class SlugField(forms.SlugField):
    """A name in addresses and files."""

    def __init__(self, **more: Any) -> None:
        super().__init__(
            label=_("Name in addresses and files"),
            help_text=_("Small letters, digits and hyphens. It stays as it is."),
            max_length=60,
            **more,
        )
