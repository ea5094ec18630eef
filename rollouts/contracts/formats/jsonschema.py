"""JSON Schema, drafts 4 to 2020-12: by subsumption."""

from collections.abc import Mapping
from typing import Any

from rollouts.contracts.formats.payloads import Payloads, annotations
from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.subsumption.documents import BadSchema, Document, Term, link
from rollouts.contracts.formats.subsumption.findings import Finding
from rollouts.contracts.formats.subsumption.including import Rules
from rollouts.contracts.formats.subsumption.soundness import sound
from rollouts.contracts.formats.values import Comparison, Direction, Flow, Unreadable, Use

LATE = ("2019-09", "2020-12", "v1")
"""Drafts in which keywords beside a reference count."""


def document(text: str) -> Document:
    """The schema as read. Raises Unreadable."""
    root = read(text)
    if not isinstance(root, bool | Mapping):
        raise Unreadable("A JSON Schema is an object, true or false.")
    found = Document(root, siblings=_siblings(root))
    check(found, root)
    return found


def _siblings(root: Any) -> bool:
    named = root.get("$schema") if isinstance(root, Mapping) else None
    return not isinstance(named, str) or any(draft in named for draft in LATE)


def check(document: Document, root: Any) -> None:
    """That every reference leads to a schema of the document. Raises Unreadable."""
    waiting, seen = [root], set[int]()
    while waiting:
        here = waiting.pop()
        if id(here) in seen or not isinstance(here, Mapping):
            continue
        seen.add(id(here))
        try:
            sound(here)
            if isinstance(here.get("$ref"), str):
                waiting.append(Term(document, document.find(here["$ref"])).target.schema)
        except BadSchema as bad:
            raise Unreadable(str(bad)) from bad
        waiting.extend(inner(here))


def inner(schema: Mapping[str, Any]) -> list[Any]:
    """The schemas right inside a schema."""
    found: list[Any] = []
    for word in (
        "not",
        "if",
        "then",
        "else",
        "contains",
        "propertyNames",
        "additionalProperties",
        "additionalItems",
    ):
        found.append(schema.get(word))
    for word in ("allOf", "anyOf", "oneOf", "prefixItems"):
        found.extend(schema.get(word, ()))
    for word in ("properties", "patternProperties", "dependentSchemas", "dependencies"):
        found.extend(schema.get(word, {}).values())
    items = schema.get("items")
    return [*found, *(items if isinstance(items, list) else [items])]


def compare(old: str, new: str, *, open_: bool = False) -> Comparison:
    """The schema of an event: the provider sends it. Raises Unreadable."""
    before, after = document(old), document(new)
    if before.root == after.root:
        return Comparison(flows={Direction.EVENT: Flow(True, True)})
    link(before, after)
    payloads = Payloads(Direction.EVENT, Rules(open=open_), judged="forward")
    payloads.compare((Term(before, before.root),), (Term(after, after.root),), place="", whole="The message")
    return Comparison(
        flows={Direction.EVENT: payloads.flow},
        differences=(*payloads.differences(_touching), *annotations(before.root, after.root)),
    )


def _touching(finding: Finding) -> tuple[Use, ...]:
    return (Use(field=finding.pointer, type=finding.schema),)
