"""The form of the secrets of a synthetic check."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.health.probes import services


class SecretsForm(forms.Form):
    """All secrets, a line each; a line without a value keeps what was there."""

    values = forms.CharField(
        label=gettext_lazy("Secrets"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "A name and a value a line. A name alone keeps its value; what is not named is forgotten."
        ),
    )

    def clean_values(self) -> dict[str, str]:
        """Values by name."""
        found = {}
        for number, line in enumerate(self.cleaned_data["values"].splitlines(), 1):
            name, _space, value = line.strip().partition(" ")
            if name and not services.NAME.fullmatch(name):
                raise forms.ValidationError(
                    _("Line %(number)s: a name is small letters, digits and underscores."),
                    params={"number": number},
                )
            if name:
                found[name] = value.strip()
        if len(found) > services.MOST_SECRETS:
            raise forms.ValidationError(
                _("At most %(most)s secrets."), params={"most": services.MOST_SECRETS}
            )
        return found
