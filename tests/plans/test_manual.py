"""The manual of the plan document names every field of the schema."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rollouts.plans.document import published

MANUAL = Path(__file__).parents[2] / "docs" / "plan.md"


def fields(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        properties = value.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for inner in value.values():
            yield from fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner)


def test_every_field_of_the_schema_is_in_the_manual() -> None:
    told = {name.split(".")[-1] for name in re.findall(r"^\| `([\w.]+)`", MANUAL.read_text(), re.MULTILINE)}
    assert sorted(set(fields(published.schema())) - told) == []
