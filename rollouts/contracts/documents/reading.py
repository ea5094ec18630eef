"""What pages and the API read of documents."""

from django.db.models import QuerySet

from rollouts.contracts.documents.models import Document, Element
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.versioning.numbers import key


def documented(contract: Contract) -> list[ContractVersion]:
    """Present versions of the contract that have a document, the newest first, without the texts."""
    rows = contract.versions.filter(gone_at__isnull=True, documented__isnull=False)
    rows = rows.select_related("documented__document").defer("documented__document__text")
    return sorted(rows, key=lambda row: key(row.version), reverse=True)


def version_of(contract: Contract, version: str) -> ContractVersion | None:
    """A version with its document, if it has one."""
    rows = contract.versions.filter(version=version).select_related("documented__document")
    found = rows.first()
    if found is not None:
        found.contract = contract
    return found


def outline(document: Document, text: str = "") -> QuerySet[Element]:
    """What the document names, in its own order; only what holds each word of the text, if there is one."""
    rows = Element.objects.filter(document=document).order_by("place", "pk")
    return rows.named(text) if text else rows


def elements_named(text: str, contract: str = "") -> QuerySet[Element]:
    """Operations, fields and types that present versions name, each document once."""
    rows = Element.objects.named(text).standing()
    if contract:
        rows = rows.filter(document__versions__version__contract__slug=contract)
    return rows.distinct().order_by("operation", "type", "field", "pk")


def holders(elements: list[Element]) -> dict[str, list[ContractVersion]]:
    """By digest, the present versions that have the document of one of these elements."""
    digests = {each.document_id for each in elements}
    rows = ContractVersion.objects.filter(
        documented__document__in=digests, gone_at__isnull=True, contract__gone_at__isnull=True
    ).select_related("contract__provider", "documented")
    found: dict[str, list[ContractVersion]] = {}
    for row in sorted(rows, key=lambda each: (each.contract.slug, key(each.version))):
        found.setdefault(row.documented.document_id, []).append(row)
    return found
