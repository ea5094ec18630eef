"""The form on which a version gets its document."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.contracts.documents.fetching import KINDS
from rollouts.contracts.formats.reading import MOST_BYTES
from rollouts.contracts.values import Format


class DocumentForm(forms.Form):
    """Text, a file, or an address: one of them."""

    version = forms.CharField(label=gettext_lazy("Version"), max_length=60)
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            attrs={
                "class": "source short",
                "rows": 12,
                "spellcheck": "false",
                "autocomplete": "off",
                "wrap": "off",
            }
        ),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file"), required=False, help_text=gettext_lazy("It replaces the text above.")
    )
    address = forms.URLField(
        label=gettext_lazy("Or an address"),
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text=gettext_lazy("Of the file, also as GitHub and GitLab show it; or of a schema registry."),
    )
    subject = forms.CharField(
        label=gettext_lazy("Subject in the registry"),
        required=False,
        max_length=300,
        help_text=gettext_lazy(
            "When the address is that of a registry with Confluent's API: Karapace, Apicurio."
        ),
    )
    number = forms.CharField(
        label=gettext_lazy("Version of the subject"),
        required=False,
        max_length=10,
        help_text=gettext_lazy("Empty: the latest."),
    )
    token = forms.CharField(
        label=gettext_lazy("Token"),
        required=False,
        max_length=4_000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Sent as Bearer with the question, and not kept."),
    )
    override = forms.CharField(
        label=gettext_lazy("Reason to pass over a broken rule"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy(
            "This contract refuses documents that break its rules. The reason stands in the log."
        ),
    )

    def __init__(self, *args: Any, format_: str, **more: Any) -> None:
        super().__init__(*args, **more)
        if Format(format_) not in KINDS:
            for name in ("subject", "number"):
                self.fields[name].widget = forms.HiddenInput()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given = [
            bool(data.get("text", "").strip()) and not data.get("file"),
            data.get("file"),
            data.get("address"),
        ]
        if not any(given) and not self.errors:
            self.add_error("text", _("Write or upload a document, or name its address."))
        if data.get("address") and (data.get("file") or data.get("text", "").strip()):
            self.add_error("address", _("Give a text, a file or an address, and not two of them."))
        if data.get("subject") and not data.get("address") and "address" not in self.errors:
            self.add_error("address", _("Name the address of the registry."))
        return data

    def source(self) -> bytes:
        """The bytes of what was typed or uploaded."""
        upload: UploadedFile[bytes] | None = self.cleaned_data.get("file")
        if upload is not None:
            found: bytes = upload.read(MOST_BYTES + 1)
            return found
        # Browsers send CRLF; a document's digest must not change because it passed through a form.
        typed: str = self.cleaned_data["text"]
        return typed.replace("\r\n", "\n").encode()
