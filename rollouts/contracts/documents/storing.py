"""Writes documents: the text once, what it names, and which version has it; each change is logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db import IntegrityError, transaction
from django.db.models import Value

from rollouts.catalog.registry import Applying, Outcome, What
from rollouts.contracts.documents.digests import digest
from rollouts.contracts.documents.elements.values import Named
from rollouts.contracts.documents.models import Document, Element, VersionDocument
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.values import Origin


@dataclass(frozen=True)
class Given:
    """A text with where it came from, and what it names."""

    text: str
    origin: Origin
    address: str = ""
    elements: Sequence[Named] = field(default_factory=tuple)

    @property
    def digest(self) -> str:
        return digest(self.text)


def document(given: Given, run: Applying) -> Document:
    """The text's row; made at its first time, with what it names."""
    found = Document.objects.filter(pk=given.digest).first()
    if found is not None:
        return found
    size = len(given.text.encode())
    try:
        with transaction.atomic():
            made = Document.objects.create(digest=given.digest, text=given.text, size=size, stored_at=run.now)
    except IntegrityError:  # another contract got the same text at this moment
        return Document.objects.get(pk=given.digest)
    Element.objects.bulk_create(
        [_element(made, place, named) for place, named in enumerate(given.elements)], batch_size=1_000
    )
    return made


def _element(document: Document, place: int, named: Named) -> Element:
    return Element(
        document=document,
        place=place,
        kind=named.kind.value,
        operation=_clean(named.operation, 300),
        type=_clean(named.type, 200),
        field=_clean(named.field, 300),
        shape=_clean(named.shape, 300),
        required=named.required,
        deprecated=named.deprecated,
        search=SearchVector(Value(_clean(named.words, 2_000)), config="simple"),
    )


def _clean(text: str, longest: int) -> str:
    """Text that PostgreSQL takes: a document may name a field with a zero character, or half a letter."""
    return text.replace("\x00", "").encode(errors="replace").decode()[:longest]


def assign(
    row: ContractVersion, document: Document, given: Given, run: Applying, extra: Mapping[str, Any]
) -> Outcome:
    """Gives a version its document. The same again changes nothing but where it came from."""
    found = VersionDocument.objects.filter(version=row).first()
    was = found.document_id if found else ""
    what = What.UNCHANGED if was == document.digest else What.CHANGED if was else What.ADDED
    if what is not What.UNCHANGED:
        values = {
            "document": document,
            "origin": given.origin.value,
            "address": given.address,
            "stored_at": run.now,
            "stored_by": run.actor.name,
        }
        VersionDocument.objects.update_or_create(version=row, defaults=values)
    details = (f"document: {was[:12] or 'nothing'} → {document.digest[:12]}",) if what.moved else ()
    outcome = Outcome("contracts", f"{row.contract.slug} {row.version} document", what, details)
    _note(run, row.contract, outcome, {"version": row.version, "digest": document.digest, **extra})
    return outcome


def _note(run: Applying, contract: Contract, outcome: Outcome, content: Mapping[str, Any]) -> None:
    run.note(
        outcome,
        stream=f"service:{contract.provider.slug}",
        kind="contracts.documented",
        content={"contract": contract.slug, "service": contract.provider.slug, **content},
    )
