"""What people fill in about contracts, versions, consumers and dependencies."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from rollouts.contracts.values import DependencyKind, Format, Readiness, VersionState
from rollouts.lib.editing import SlugField

Choices = list[tuple[str, str]]
WHEN_IT_FAILS = [
    (DependencyKind.HARD.value, gettext_lazy("it fails too")),
    (DependencyKind.SOFT.value, gettext_lazy("it copes")),
]


def day_input() -> forms.DateInput:
    """A day as browsers take it: written in the reader's own order they show none, and send none back."""
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class ContractForm(forms.Form):
    name = SlugField()
    title = forms.CharField(label=gettext_lazy("Name for people"), max_length=120)
    provider = forms.ChoiceField(label=gettext_lazy("Provided by"))
    format = forms.ChoiceField(
        label=gettext_lazy("Written in"), choices=[(form.value, form.label) for form in Format]
    )

    def __init__(self, *args: Any, services: Choices, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["provider"].choices = services  # type: ignore[attr-defined]


class VersionForm(forms.Form):
    version = forms.CharField(label=gettext_lazy("Version"), max_length=60)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[(state.value, state.value.capitalize()) for state in VersionState],
        initial="active",
    )
    served = forms.DateField(label=gettext_lazy("Served since"), required=False, widget=day_input())
    deprecated = forms.DateField(
        label=gettext_lazy("Deprecated since"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("Empty: the day on which you change the state."),
    )
    retired = forms.DateField(
        label=gettext_lazy("Retired on"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("Empty: the day on which you change the state."),
    )
    sunset = forms.DateField(
        label=gettext_lazy("Last day"),
        required=False,
        widget=day_input(),
        help_text=gettext_lazy("Only of a deprecated or retired version."),
    )


class ConsumerForm(forms.Form):
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    uses = forms.CharField(
        label=gettext_lazy("Versions it relies on"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("A range, such as >=2 <4."),
    )
    reason = forms.CharField(label=gettext_lazy("What for"), max_length=300, required=False)
    readiness = forms.ChoiceField(
        label=gettext_lazy("Ready for the next version?"),
        choices=[(one.value, one.label) for one in Readiness],
    )
    kind = forms.ChoiceField(label=gettext_lazy("When the provider fails"), choices=WHEN_IT_FAILS)

    def __init__(self, *args: Any, services: Choices, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["service"].choices = services  # type: ignore[attr-defined]


class DependencyForm(forms.Form):
    service = forms.ChoiceField(label=gettext_lazy("Service"))
    calls = forms.SlugField(
        label=gettext_lazy("Calls"),
        max_length=60,
        help_text=gettext_lazy("The other service's name, as it stands in addresses."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("When the other fails"), choices=WHEN_IT_FAILS)

    def __init__(self, *args: Any, services: Choices, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["service"].choices = services  # type: ignore[attr-defined]
