"""Keeps the document of a version: read, judged by the contract's rules, stored once, logged."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.registry import Applying, Outcome
from rollouts.catalog.services import NotAllowed, changing
from rollouts.contracts import declaring
from rollouts.contracts.documents import comparing, storing
from rollouts.contracts.documents.digests import digest
from rollouts.contracts.documents.elements.index import elements
from rollouts.contracts.documents.elements.values import Named
from rollouts.contracts.documents.fetching import Place, fetched
from rollouts.contracts.documents.models import Document
from rollouts.contracts.documents.storing import Given
from rollouts.contracts.formats.reading import MOST_BYTES
from rollouts.contracts.formats.values import Unreadable
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.values import Format, Origin
from rollouts.contracts.versioning import ruling
from rollouts.contracts.versioning.reading import rules_of
from rollouts.contracts.versioning.ruling import Ruling
from rollouts.lib.refusals import Refusal


class Unfit(Refusal):
    """The text is no document of the contract's format."""


class Breaks(Refusal):
    """The document breaks a rule of the contract, which refuses such documents. `sentences` name each."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(
            "breaks_rules",
            " ".join(sentences),
            "Change the document or the number, or send it again with the reason why it has to be so.",
        )
        self.sentences = sentences


@dataclass(frozen=True)
class Stored:
    """What became of a document, and what the rules say of it."""

    outcome: Outcome
    digest: str
    ruling: Ruling


def decoded(given: bytes) -> str:
    """The text of a file. Raises Unfit."""
    if len(given) > MOST_BYTES:
        raise Unfit(
            "unfit", f"The document is over {MOST_BYTES // 1000:,} kB.", "Split it, and leave out examples."
        )
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unfit(
            "unfit", "The document is no UTF-8 text.", "Save it as UTF-8 and send it again."
        ) from None


def store(
    *, contract: str, version: str, text: str, origin: Origin, by: Person, face: Face, override: str = ""
) -> Stored:
    """Gives a version this document; a version that is not there yet becomes a draft.

    Sent twice, it changes nothing the second time. `override` is the reason for which broken rules are passed
    over.
    Raises Unfit, Breaks, NotAllowed and Contract.DoesNotExist.
    """
    row = _may(contract, by)
    return _store(row, version, text, Place(), origin, by, face, override)


def fetch(*, contract: str, version: str, place: Place, by: Person, face: Face, override: str = "") -> Stored:
    """The same with a text from an address or a schema registry.

    Raises what `store` raises, and `fetching.NotFetched`.
    """
    row = _may(contract, by)
    text = decoded(fetched(place, Format(row.format)))
    return _store(row, version, text, place, place.origin, by, face, override)


def _may(contract: str, by: Person) -> Contract:
    """The contract, before anything is read or fetched for somebody who may not."""
    row = Contract.objects.select_related("provider").get(slug=contract)
    if not plans_for_service(by, row.provider.slug):
        raise NotAllowed(f"You may not change what is declared about {row.name}.")
    return row


def _store(
    row: Contract,
    version: str,
    text: str,
    place: Place,
    origin: Origin,
    by: Person,
    face: Face,
    override: str,
) -> Stored:
    if not version.strip() or len(version) > 60 or "/" in version:
        raise Unfit("unfit", "A version has 1 to 60 letters, and no slash.", "Name the version, such as 2.1.")
    given = Given(text, origin, place.shown, _read(row, text))
    found = ruling.rule(row, version, text)
    settings = ruling.settings_of(row, rules_of(row))
    with _providing(row.slug, by, face) as (contract, run):
        rules = rules_of(contract)
        if found.broken and rules.refuses and not override.strip():
            raise Breaks(found.broken)
        document = storing.document(given, run)
        for old, comparison in found.compared:
            comparing.keep(old, document, settings, comparison)
        told = {"origin": origin.value, "address": place.shown, "broken": found.broken}
        if found.broken and rules.refuses:
            told["override"] = override.strip()[:1_000]
        outcome = storing.assign(_version(contract, version, run), document, given, run, told)
    return Stored(outcome, given.digest, found)


def _read(row: Contract, text: str) -> tuple[Named, ...]:
    """What the text names. A text that is known already is not read by the engine once more. Raises Unfit."""
    format_ = Format(row.format)
    if "\x00" in text:
        raise Unfit(
            "unfit", "The document holds a zero character.", "Send the text as it is written in a file."
        )
    try:
        named = elements(format_, text)
    except Unreadable as error:
        raise Unfit("unfit", str(error), f"Send a document of {format_.label}.") from None
    known = Document.objects.filter(pk=digest(text), versions__version__contract__format=row.format)
    if not known.exists():
        settings = ruling.settings_of(row, rules_of(row))
        if error_ := comparing.fault(text, settings):
            raise Unfit("unfit", error_, f"Send a document of {format_.label}.")
    return named


@contextmanager
def _providing(contract: str, by: Person, face: Face) -> Iterator[tuple[Contract, Applying]]:
    """The transaction of a change to a contract, for planners of its provider."""
    with changing(by=by, face=face) as run:
        rows = Contract.objects.select_for_update(of=("self",)).select_related("provider")
        row = rows.get(slug=contract)
        if not plans_for_service(by, row.provider.slug):
            raise NotAllowed(f"You may not change what is declared about {row.name}.")
        yield row, run


def _version(contract: Contract, version: str, run: Applying) -> ContractVersion:
    found = ContractVersion.objects.filter(contract=contract, version=version).first()
    if found is None:
        found = ContractVersion(contract=contract, version=version)
        declaring.version((), {"version": version, "state": "draft"}, found, run)
    found.contract = contract
    return found
