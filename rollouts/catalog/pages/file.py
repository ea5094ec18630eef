"""A whole `catalog.yaml` by page: first what it would change, then the same file applied."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollouts.audit.values import Face
from rollouts.catalog import services
from rollouts.catalog.pages.entries import only_administrators, person_of
from rollouts.catalog.registry import Outcome, What
from rollouts.lib.documents.forms import DocumentForm
from rollouts.lib.refusals import Refusal

LONGEST = 2_000_000
"""Bytes of a file that the page carries from the preview to the button; longer ones go by the API."""
MOST = 300
"""Rows of a preview."""


class FileForm(DocumentForm):
    """A catalog file, or Backstage's."""

    longest = LONGEST
    origin = forms.CharField(
        label=gettext_lazy("Where a catalog-info.yaml lies"),
        max_length=200,
        required=False,
        help_text=gettext_lazy(
            "The same each time, so that what it no longer lists is known. Empty: its first name."
        ),
    )


@dataclass(frozen=True)
class Preview:
    """What the file would change: `shown` of them, and how many more."""

    report: services.Report
    shown: tuple[Outcome, ...]
    more: int
    unlisted: tuple[Outcome, ...]
    left_out: tuple[Outcome, ...]

    @classmethod
    def of(cls, report: services.Report) -> "Preview":
        unlisted = tuple(one for one in report.outcomes if one.what is What.UNLISTED)
        left_out = tuple(one for one in report.outcomes if one.what is What.LEFT_OUT)
        return cls(report, report.moved[:MOST], max(0, len(report.moved) - MOST), unlisted, left_out)


@login_required
def apply(request: HttpRequest) -> HttpResponse:
    """Previews a file, and applies it when the preview was seen."""
    barred = only_administrators(person_of(request))
    if request.method != "POST":
        return _page(request, FileForm(), barred=barred)
    form = FileForm(request.POST, request.FILES)
    form.is_valid()
    source, media_type = form.document()
    if len(source) > LONGEST:
        form.add_error("file", _("The page takes 2 MB. Use the API or manage.py for longer files."))
        return _page(request, form, barred=barred)
    applying = "apply" in request.POST
    origin = form.cleaned_data.get("origin", "")
    text = source.decode("utf-8-sig", "replace")
    fresh = FileForm(initial={"source": text, "media_type": media_type, "origin": origin})
    seen = request.POST.get("previewed", "") if applying else None
    try:
        report = _run(request, source, media_type, seen, origin)
    except services.Moved as moved:
        preview = Preview.of(_run(request, source, media_type, None, origin))
        return _page(request, fresh, refusal=moved, preview=preview, status=409)
    except services.Unsound as unsound:
        return _page(request, fresh, refusal=unsound, status=422)
    except Refusal as refused:
        return _page(request, fresh, refusal=refused, barred=barred, status=403)
    if applying:
        changed = len(report.moved)
        messages.info(request, _("The catalog is as the file says; %(n)s entries changed.") % {"n": changed})
        return redirect("catalog:home")
    return _page(request, fresh, preview=Preview.of(report))


def _run(
    request: HttpRequest, source: bytes, media_type: str, previewed: str | None, origin: str
) -> services.Report:
    person = person_of(request)
    return services.apply_catalog(
        source=source,
        media_type=media_type,
        actor=person.actor,
        face=Face.PAGE,
        by=person,
        dry_run=previewed is None,
        previewed=previewed,
        origin=origin,
    )


def _page(
    request: HttpRequest,
    form: FileForm,
    *,
    preview: Preview | None = None,
    refusal: Refusal | None = None,
    barred: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "preview": preview,
        "refusal": refusal,
        "problems": refusal.problems if isinstance(refusal, services.Unsound) else (),
        "barred": barred,
        "nav": "services",
    }
    return render(request, "catalog/file.html", context, status=status)
