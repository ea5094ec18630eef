"""A JSON document that only Python reads, kept as text.

jsonb takes each document apart and puts it together again, and compresses what is long: of two documents of
2 kB that is two thirds of what PostgreSQL does to update a row (measured: `make bench ARGS=ticks`). Where
nothing asks for a key in SQL, that buys nothing.
"""

from typing import Any

import orjson
from django.db import models
from django.db.models.expressions import Value


class JSONTextField(models.JSONField):
    """Like JSONField, without lookups by key. Keys are strings; NaN and infinities become null."""

    def db_type(self, connection: Any) -> str:
        return "text"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else orjson.loads(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        if isinstance(value, Value):
            value = value.value
        return None if value is None else orjson.dumps(value).decode()
