"""Writes many windows in one statement.

20,000 windows take 0.87 s; `bulk_create` takes 1.96 s (measured: `make bench ARGS=windows`). Binary COPY
takes 0.31 s, and fails as a whole on one window that is there already: two workers may close the same one.
"""

import json
from collections.abc import Sequence
from typing import Any

from rollouts.health.models import Window
from rollouts.lib import binary

COLUMNS = {
    "series_id": "bigint",
    "start_at": "timestamptz",
    "bad": "bigint",
    "total": "bigint",
    "value": "float8",
    "buckets": "jsonb",
    "gap": "boolean",
}


def write(rows: Sequence[Window]) -> None:
    """Writes windows that are not there yet, and makes their days; those that are there stay as they are."""
    if not rows:
        return
    Window.DAYS.ensure(row.day for row in rows)
    names = ", ".join(COLUMNS)
    # A jsonb array cannot be sent as such; its texts are cast row by row.
    arrays = ", ".join(f"%b::{'text' if kind == 'jsonb' else kind}[]" for kind in COLUMNS.values())
    casts = ", ".join(f"{name}::{kind}" for name, kind in COLUMNS.items())
    # Made of the constants above only.
    statement = (
        f"INSERT INTO health_window ({names}) SELECT {casts} "  # noqa: S608
        f"FROM unnest({arrays}) AS row({names}) ON CONFLICT (series_id, start_at) DO NOTHING"
    )
    values = [[_plain(getattr(row, name), kind) for row in rows] for name, kind in COLUMNS.items()]
    binary.execute(statement, values)


def _plain(value: Any, kind: str) -> Any:
    return json.dumps(value) if kind == "jsonb" and value is not None else value
