"""The published JSON Schema of plan documents: what is served, and what documents are held against."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rollouts.lib.documents.shape import Shape

SCHEMA_FILE = Path(__file__).parent / "schema" / "v1.json"


def schema_bytes() -> bytes:
    """The schema, byte for byte as it is served."""
    return SCHEMA_FILE.read_bytes()


@cache
def schema() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(schema_bytes())
    return loaded


@cache
def shape() -> Shape:
    return Shape(schema())
