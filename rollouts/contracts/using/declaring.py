"""Writes which parts of a contract a consumer uses, for the catalog file, the page and the API alike."""

from collections.abc import Iterable

from rollouts.catalog.registry import Applying, Entry, Outcome, What, entry_schema, write
from rollouts.contracts.models import Consumer
from rollouts.contracts.using.models import Use
from rollouts.contracts.values import UseSource
from rollouts.lib.documents.problems import Path


def _text(longest: int, description: str) -> dict[str, object]:
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": description}


PART = entry_schema(
    {
        "operation": _text(200, "An operation or channel: `GET /orders/{id}`, a topic, `Query.order`."),
        "field": _text(200, "A field, with dots into objects: `address.street`."),
        "type": _text(120, "A named type: a schema, message, record or GraphQL type."),
        "versions": _text(120, 'The range in which it is used, such as ">=2 <3"; default the consumer\'s.'),
        "reason": _text(300, "What for."),
    },
    [],
    "A part of the contract that the service uses: name an operation, a field, a type, or several of these.",
)
PARTS = {
    "type": "array",
    "items": PART,
    "maxItems": 2000,
    "description": "Which parts of it are used; without this, what is known stays.",
}


def parts(path: Path, given: Iterable[Entry], row: Consumer, run: Applying) -> None:
    """Brings what is declared to this list: what it does not name is gone. What was seen stays."""
    rows = {one.key: one for one in _known(row)}
    for index, entry in enumerate(given):
        known = rows.pop(_key(entry)) if _key(entry) in rows else _new(entry, row)
        part((*path, index), entry, known, run)
    for _, one in sorted(rows.items()):
        if one.source == UseSource.DECLARED:
            part_gone(one, run)


def _key(entry: Entry) -> tuple[str, str, str]:
    operation, field, of_type = (entry.get(name, "").strip() for name in ("operation", "field", "type"))
    return operation, field, of_type


def _known(row: Consumer) -> list[Use]:
    rows = list(Use.objects.filter(service=row.service, contract=row.contract).order_by("pk"))
    for one in rows:
        one.service, one.contract = row.service, row.contract
    return rows


def _new(entry: Entry, row: Consumer) -> Use:
    operation, field, of_type = _key(entry)
    return Use(service=row.service, contract=row.contract, operation=operation, field=field, type=of_type)


def find_or_new(entry: Entry, row: Consumer) -> Use:
    """The row of the part that an entry names."""
    return next((one for one in _known(row) if one.key == _key(entry)), None) or _new(entry, row)


def part(path: Path, entry: Entry, use: Use, run: Applying) -> None:
    """Brings one part to what the entry says."""
    if not any(use.key):
        run.problems.add(path, "It names no part.", "Write an operation, a field or a type.")
        return
    values = {
        "versions": entry.get("versions", ""),
        "reason": entry.get("reason", ""),
        "source": UseSource.DECLARED.value,
        "gone_at": None,
    }
    what, details = write(use, values)
    _note(run, use, what, details)


def part_gone(use: Use, run: Applying) -> None:
    """The service uses the part no longer, once. What is seen again comes back as seen."""
    if use.gone_at is None:
        write(use, {"gone_at": run.now})
        _note(run, use, What.GONE)


def _note(run: Applying, use: Use, what: What, details: tuple[str, ...] = ()) -> None:
    """It stands in the log of the service that provides the contract, beside its consumers."""
    contract, service = use.contract, use.service
    run.note(
        Outcome("contracts", f"{contract.slug} used by {service.slug}: {use.part}", what, details),
        stream=f"service:{contract.provider.slug}",
        kind="contracts.declared",
        content={"contract": contract.slug, "service": contract.provider.slug, "consumer": service.slug},
    )
