"""Documents in pages: one version's, two side by side, given to a version, found by what they name."""

from typing import Any
from urllib.parse import unquote, urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ObjectDoesNotExist
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.audit.values import Face
from rollouts.contracts import queries
from rollouts.contracts.documents import beside, reading, services
from rollouts.contracts.documents.difference import between
from rollouts.contracts.documents.fetching import Place
from rollouts.contracts.documents.forms import DocumentForm
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.pages.reading import person_of
from rollouts.contracts.values import Origin
from rollouts.contracts.versioning.reading import rules_of
from rollouts.lib import editing
from rollouts.lib.editing import Editing
from rollouts.lib.refusals import Refusal

PAGE = 100


def _contract(slug: str) -> Contract:
    return get_object_or_404(Contract.objects.select_related("provider"), slug=slug)


def _version(slug: str, version: str) -> ContractVersion:
    row = reading.version_of(_contract(slug), version)
    if row is None:
        raise Http404
    return row


@login_required
def document(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """One document: what it names, with what is checked, and its text."""
    row = _version(slug, version)
    held = getattr(row, "documented", None)
    text = request.GET.get("q", "").strip()
    named = reading.outline(held.document, text) if held else None
    context: dict[str, Any] = {
        "contract": row.contract,
        "version": row,
        "held": held,
        "provides": queries.plans_for_service(person_of(request), row.contract.provider.slug),
        "page": Paginator(named, PAGE).get_page(request.GET.get("page")) if named is not None else None,
        "text": text,
        "query": urlencode({"q": text}) if text else "",
        "lines": beside.lines(held.document.text) if held else [],
        "most": beside.MOST_LINES,
        "others": [one for one in reading.documented(row.contract) if one.pk != row.pk],
        "nav": "services",
    }
    return render(request, "contracts/document.html", context)


@login_required
def source(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    """The text as it was given, to keep in a repository."""
    row = _version(slug, version)
    if not hasattr(row, "documented"):
        raise Http404
    response = HttpResponse(row.documented.document.text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slug}.txt"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
def give(request: HttpRequest, slug: str, version: str = "") -> HttpResponse:
    """Gives a version its document: typed, uploaded, or fetched."""
    contract, person = _contract(slug), person_of(request)
    may = queries.plans_for_service(person, contract.provider.slug)
    form = DocumentForm(
        request.POST or None,
        request.FILES or None,
        format_=contract.format,
        initial=_initial(contract, version),
    )
    if not rules_of(contract).refuses:
        del form.fields["override"]
    if request.method == "POST" and form.is_valid():
        stored = _given(request, form, slug)
        if stored is not None:
            _tell(request, stored)
            return redirect("contracts:document", slug, form.cleaned_data["version"])
    crumbs = (
        (reverse("contracts:contracts"), _("Contracts")),
        (reverse("contracts:contract", args=[slug]), contract.name),
    )
    barred = _("Only planners and admins of the team that owns %(name)s change this.")
    shown = Editing(
        title=_("Document of a version"),
        form=form,
        crumbs=crumbs,
        nav="services",
        lead=_("It is kept once by its digest. A version that is not there yet becomes a draft."),
        barred="" if may else barred % {"name": contract.provider.name},
    )
    return editing.page(request, shown)


def _initial(contract: Contract, version: str) -> dict[str, str]:
    """The version, and where its document was fetched from, so that it can be fetched again."""
    row = reading.version_of(contract, version) if version else None
    held = getattr(row, "documented", None)
    if held is None or not held.address:
        return {"version": version}
    registry, _between, subject = held.address.partition("/subjects/")
    if held.origin != Origin.REGISTRY:
        return {"version": version, "address": held.address}
    return {"version": version, "address": registry, "subject": unquote(subject.partition("/")[0])}


def _given(request: HttpRequest, form: DocumentForm, slug: str) -> services.Stored | None:
    """What became of it; None when the form says why not."""
    data = form.cleaned_data
    common = {
        "contract": slug,
        "version": data["version"],
        "by": person_of(request),
        "face": Face.PAGE,
        "override": data.get("override", ""),
    }
    try:
        if data["address"]:
            place = Place(data["address"], data["subject"], data["number"] or "latest", data["token"])
            return services.fetch(place=place, **common)
        text = services.decoded(form.source())
        return services.store(text=text, origin=Origin.UPLOAD, **common)
    except Refusal as refused:
        editing.blame(form, str(refused))
        return None
    except ObjectDoesNotExist:
        raise Http404 from None


def _tell(request: HttpRequest, stored: services.Stored) -> None:
    if not stored.outcome.what.moved:
        messages.info(request, _("It has this document already."))
    else:
        messages.info(request, _("Saved."))
    for sentence in stored.ruling.broken:
        messages.warning(request, sentence)
    for sentence in stored.ruling.open:
        messages.warning(request, sentence)


@login_required
def diff(request: HttpRequest, slug: str) -> HttpResponse:
    """Two versions side by side: what differs, how much that matters, and to whom."""
    contract = _contract(slug)
    known = reading.documented(contract)
    new = _chosen(known, request.GET.get("to", ""), 0)
    old = _chosen(known, request.GET.get("from", ""), known.index(new) + 1 if new else 1)
    context: dict[str, Any] = {
        "contract": contract, "known": known, "old": old, "new": new, "nav": "services"
    }  # fmt: skip
    if old is not None and new is not None:
        sides = [_version(slug, each.version) for each in (old, new)]
        found = between(contract, *sides)
        texts = [each.documented.document.text for each in sides]
        counted = len(found.told)
        context |= {
            "between": found,
            "pairs": beside.pairs(*texts),
            "counted": ngettext("%(n)s difference", "%(n)s differences", counted) % {"n": counted},
            "touched": [(user, found.harmed[user.slug].value) for user in found.users],
        }
    return render(request, "contracts/diff.html", context)


def _chosen(known: list[ContractVersion], version: str, default: int) -> ContractVersion | None:
    """The version that was asked for, if it has a document; unless one was, that at the default's place."""
    if version:
        return next((each for each in known if each.version == version), None)
    return known[default] if default < len(known) else None


@login_required
def elements(request: HttpRequest) -> HttpResponse:
    """Operations, fields and types of all contracts, by words of their names."""
    text, contract = request.GET.get("q", "").strip(), request.GET.get("contract", "").strip()
    page = Paginator(reading.elements_named(text, contract), PAGE).get_page(request.GET.get("page"))
    versions = reading.holders(list(page))
    context = {
        "page": page,
        "rows": [(each, versions.get(each.document_id, [])) for each in page],
        "text": text,
        "contract": contract,
        "query": urlencode({"q": text, "contract": contract}),
        "nav": "services",
    }
    return render(request, "contracts/elements.html", context)
