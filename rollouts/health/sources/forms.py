"""Forms of metric sources: a source of each kind, what a server lets us in by, and a signal of one's own."""

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.health.declaring import DeclaredForm, environments
from rollouts.health.sources.access import Access
from rollouts.health.sources.conventions import conventions
from rollouts.health.sources.own import NAMED, Own, own_given
from rollouts.health.values import Signal, SourceKind
from rollouts.lib.editing import SlugField

PLAIN = {"spellcheck": "false", "autocomplete": "off"}


def lines(rows: int, **more: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **PLAIN, **more})


class SourceForm(DeclaredForm):
    """What a source of any kind says, as the catalog's file has it."""

    section, owned_by = "sources", "team"
    kind: ClassVar[SourceKind]
    environment = forms.ChoiceField(label=gettext_lazy("Environment that it measures"), choices=environments)
    team = forms.ChoiceField(label=gettext_lazy("Owning team"))
    window_s = forms.IntegerField(
        label=gettext_lazy("Seconds in a window"),
        min_value=1,
        max_value=3600,
        initial=60,
        help_text=gettext_lazy("The same for all sources of an environment. Judges count windows."),
    )

    def entry(self) -> dict[str, Any]:
        """The entry of the file."""
        return {**super().entry(), "kind": self.kind.value}


class TargetsForm(SourceForm):
    """Addresses that are asked; a target is a line."""

    kind = SourceKind.OPENMETRICS
    timeout_s = forms.FloatField(
        label=gettext_lazy("Seconds to wait for a target"), min_value=0.1, max_value=60, required=False
    )
    targets = forms.CharField(
        label=gettext_lazy("Targets"),
        widget=lines(6),
        help_text=gettext_lazy(
            "One a line: service, address, and its version where its metrics name none, with spaces between."
        ),
    )

    def clean_targets(self) -> list[dict[str, str]]:
        """The lines as entries of the file."""
        found = []
        for number, line in enumerate(self.cleaned_data["targets"].splitlines(), 1):
            words = line.split()
            if not words:
                continue
            if len(words) not in (2, 3):
                raise forms.ValidationError(
                    _("Line %(number)s: write a service, an address and perhaps a version."),
                    params={"number": number},
                )
            found.append(dict(zip(("service", "url", "version"), words, strict=False)))
        return found


class PushForm(SourceForm):
    """A source that is pushed to."""

    kind = SourceKind.PUSH
    delay_s = forms.IntegerField(
        label=gettext_lazy("Seconds to wait for a push"),
        min_value=0,
        max_value=3600,
        required=False,
        help_text=gettext_lazy(
            "After the end of a window, before it is closed. Default 30, at most a window."
        ),
    )


class PrometheusForm(SourceForm):
    """A server that knows many services."""

    kind = SourceKind.PROMETHEUS
    field_order = (
        *("name", "title", "url", "environment", "team", "conventions", "matchers"),
        *("service_label", "version_label", "names", "bounds_s", "exemplars"),
        *("delay_s", "window_s", "timeout_s"),
    )
    url = forms.URLField(
        label=gettext_lazy("Address of its API"),
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("What stands before /api/v1. Prometheus, Thanos, Mimir, VictoriaMetrics."),
    )
    conventions = forms.MultipleChoiceField(
        label=gettext_lazy("Names to look for"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "lines"}),
        help_text=gettext_lazy("Of a signal that several tell of, the first is taken, in this order."),
    )
    matchers = forms.CharField(
        label=gettext_lazy("Narrow every query by"),
        required=False,
        max_length=500,
        help_text=gettext_lazy('Label matchers as in PromQL: namespace="shop", env="production".'),
    )
    service_label = forms.CharField(
        label=gettext_lazy("Label of the service"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Where it is another one than the convention's own."),
    )
    version_label = forms.CharField(
        label=gettext_lazy("Label of the version"), required=False, max_length=100
    )
    names = forms.CharField(
        label=gettext_lazy("Names of services there"),
        required=False,
        widget=lines(4),
        help_text=gettext_lazy("One a line, where they differ: value of the label, service."),
    )
    bounds_s = forms.CharField(
        label=gettext_lazy("Bucket bounds to fetch, in seconds"),
        required=False,
        help_text=gettext_lazy("With commas between. Empty: all. Name those that gates look at."),
    )
    exemplars = forms.BooleanField(
        label=gettext_lazy("Ask for exemplars: single requests by their traces"),
        required=False,
        help_text=gettext_lazy(
            "The server has to keep them (Prometheus: --enable-feature=exemplar-storage)."
        ),
    )
    delay_s = forms.IntegerField(
        label=gettext_lazy("Seconds that its data come late"),
        required=False,
        min_value=0,
        max_value=3600,
        help_text=gettext_lazy(
            "A window is asked for so long after its end. 30, unless windows are shorter."
        ),
    )
    timeout_s = forms.FloatField(
        label=gettext_lazy("Seconds for all questions of a window"),
        min_value=0.1,
        max_value=60,
        required=False,
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["window_s"].help_text = _(
            "The same for all sources of an environment; at least 4 scrapes long."
        )
        named = [(each.name, f"{each.title} ({each.example})") for each in conventions.values()]
        self.fields["conventions"].choices = named  # type: ignore[attr-defined]

    def clean_names(self) -> dict[str, str]:
        """Value of the label to service. A value may hold spaces, a service may not."""
        found = {}
        for number, line in enumerate(self.cleaned_data["names"].splitlines(), 1):
            words = line.split()
            if not words:
                continue
            if len(words) < 2:
                raise forms.ValidationError(
                    _("Line %(number)s: write the value of the label and the service."),
                    params={"number": number},
                )
            found[" ".join(words[:-1])] = words[-1]
        return found

    def clean_bounds_s(self) -> list[float]:
        """The bounds as numbers."""
        try:
            return [float(each) for each in self.cleaned_data["bounds_s"].replace(",", " ").split()]
        except ValueError:
            raise forms.ValidationError(_("Write numbers of seconds with commas between: 0.25, 1.")) from None


class AccessForm(forms.Form):
    """What the source is shown. Nothing that was entered before is shown again."""

    way = forms.ChoiceField(
        label=gettext_lazy("Signs in by"),
        widget=forms.RadioSelect,
        choices=[
            ("none", gettext_lazy("Nothing")),
            ("bearer", gettext_lazy("A bearer token")),
            ("basic", gettext_lazy("A user name and a password")),
        ],
    )
    bearer = forms.CharField(
        label=gettext_lazy("Token"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty: the one that is kept."),
    )
    username = forms.CharField(label=gettext_lazy("User name"), required=False, max_length=200)
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Empty: the one that is kept for this user."),
    )
    headers = forms.CharField(
        label=gettext_lazy("Own headers"),
        required=False,
        widget=lines(3),
        help_text=gettext_lazy("One a line, as X-Scope-OrgID: shop. Empty: those that are kept."),
    )
    authority = forms.CharField(
        label=gettext_lazy("Certificate authority"),
        required=False,
        widget=lines(4),
        help_text=gettext_lazy("PEM, instead of the system's authorities. Empty: the one that is kept."),
    )
    certificate = forms.CharField(
        label=gettext_lazy("Client certificate"),
        required=False,
        widget=lines(4),
        help_text=gettext_lazy("PEM. Empty: the one that is kept, with its key."),
    )
    key = forms.CharField(
        label=gettext_lazy("Key of the client certificate"),
        required=False,
        widget=lines(4),
        help_text=gettext_lazy("PEM, without a passphrase."),
    )

    def clean_headers(self) -> dict[str, str]:
        """Name to value."""
        found = {}
        for line in self.cleaned_data["headers"].splitlines():
            name, colon, value = line.partition(":")
            if not line.strip():
                continue
            if not colon:
                raise forms.ValidationError(_("Write each as Name: value."))
            found[name.strip()] = value.strip()
        return found

    def given(self) -> dict[str, Any]:
        """Only what the chosen way uses."""
        found = dict(self.cleaned_data)
        if found["way"] != "bearer":
            found["bearer"] = ""
        if found["way"] != "basic":
            found["username"] = found["password"] = ""
        return found


class SignalForm(forms.Form):
    """A signal in PromQL of one's own."""

    name = SlugField()
    signal = forms.ChoiceField(
        label=gettext_lazy("What it measures"),
        choices=[(NAMED, gettext_lazy("Something else: gates call it by its name")), *Signal.choices()],
        help_text=gettext_lazy("A known signal stands instead of what the conventions say of it."),
    )
    services = forms.CharField(
        label=gettext_lazy("Services"),
        required=False,
        help_text=gettext_lazy("With spaces between. Empty: all that the answer names."),
    )
    total = forms.CharField(
        label=gettext_lazy("All requests"), required=False, widget=lines(3), max_length=4000
    )
    bad = forms.CharField(
        label=gettext_lazy("Bad requests"), required=False, widget=lines(3), max_length=4000
    )
    good = forms.CharField(
        label=gettext_lazy("Or good requests"),
        required=False,
        widget=lines(3),
        max_length=4000,
    )
    bound_s = forms.FloatField(
        label=gettext_lazy("Good means up to so many seconds"),
        required=False,
        help_text=gettext_lazy("For latency."),
    )
    value = forms.CharField(
        label=gettext_lazy("The value"),
        required=False,
        widget=lines(3),
        max_length=4000,
        help_text=gettext_lazy("For saturation, or a number of its own name."),
    )
    unit = forms.CharField(
        label=gettext_lazy("Unit of the value"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("As people read it: jobs, s, MB."),
    )

    def given(self, name: str) -> Own:
        """As the verb takes it."""
        found = self.cleaned_data
        parts = {part: found[part] for part in ("total", "bad", "good", "value") if found[part]}
        return own_given(name, found["signal"], parts, found["services"].split(), found)


def way_of(access: Access) -> str:
    """How it signs in now."""
    return "bearer" if access.bearer else "basic" if access.username else "none"
