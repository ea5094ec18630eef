"""The form of a page on which a file is typed or uploaded."""

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy

from rollouts.lib.documents.source import JSON, LIMITS, YAML, media_type_of


class DocumentForm(forms.Form):
    """The file as text, or uploaded."""

    longest = LIMITS.bytes
    """Bytes that are read of an upload; one more, so that whoever parses it can say that it is too long."""

    source = forms.CharField(
        label=gettext_lazy("File"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={"class": "source", "rows": 40, "spellcheck": "false", "autocomplete": "off", "wrap": "off"}
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or upload a file"),
        required=False,
        help_text=gettext_lazy("YAML or JSON. It replaces the text above."),
    )
    media_type = forms.ChoiceField(
        choices=[(YAML, "YAML"), (JSON, "JSON")], required=False, widget=forms.HiddenInput
    )

    def document(self) -> tuple[bytes, str]:
        """The bytes, and their media type."""
        data = self.cleaned_data
        upload: UploadedFile[bytes] | None = data.get("file")
        if upload is not None:
            return upload.read(self.longest + 1), media_type_of(upload.name or "")
        # Browsers send CRLF; a file's bytes must not change because it passed through a form.
        return data["source"].replace("\r\n", "\n").encode(), data["media_type"] or YAML
