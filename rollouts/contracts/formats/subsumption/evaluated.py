"""Which properties `unevaluatedProperties` leaves out, where that does not depend on the value."""

from collections.abc import Mapping
from typing import Any

from rollouts.contracts.formats.subsumption.documents import HOPS, Document

DEPENDING = ("anyOf", "oneOf", "if", "dependentSchemas", "$dynamicRef", "$recursiveRef")


def evaluated(schema: Mapping[str, Any], document: Document) -> Mapping[str, Mapping[str, Any]] | None:
    """Properties and patterns of the schema and of all that it includes; None where a choice decides.

    What the others say of a property they say themselves: here it only is one that is known.
    """
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    patterns: dict[str, Any] = dict(schema.get("patternProperties", {}))
    waiting: list[Any] = [schema]
    hops = 0
    while waiting:
        here = waiting.pop()
        hops += 1
        if hops > HOPS:
            return None
        if not isinstance(here, Mapping):
            continue
        if any(word in here for word in DEPENDING) or (here is not schema and _takes_all(here)):
            return None
        properties |= {name: properties.get(name, True) for name in here.get("properties", {})}
        patterns |= {name: patterns.get(name, True) for name in here.get("patternProperties", {})}
        waiting.extend(here.get("allOf", ()))
        if isinstance(here.get("$ref"), str):
            waiting.append(document.find(here["$ref"]))
    return {"properties": properties, "patternProperties": patterns}


def _takes_all(schema: Mapping[str, Any]) -> bool:
    """Whether it looks at properties that it does not name."""
    return "additionalProperties" in schema or "unevaluatedProperties" in schema
