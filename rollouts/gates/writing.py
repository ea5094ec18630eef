"""Writes many gates in one statement: `bulk_update` takes 70 times as long (measured, 20,000 gates)."""

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.db import connection

from rollouts.gates.models import Gate

COLUMNS: Mapping[str, str] = {
    "verdict": "text",
    "warning": "boolean",
    "sentence": "text",
    "evidence": "jsonb",
    "silenced": "boolean",
    "no_data_since_at": "timestamptz",
    "judged_at": "timestamptz",
    "changed_at": "timestamptz",
    "recorded_at": "timestamptz",
    "state": "jsonb",
}


def write(gates: Collection[Gate]) -> None:
    """Writes what judging changes of each gate."""
    if not gates:
        return
    sets = ", ".join(f"{name} = given.{name}" for name in COLUMNS)
    arrays = ", ".join(f"%s::{_array(kind)}[]" for kind in COLUMNS.values())
    names = ", ".join(COLUMNS)
    casts = ", ".join(f"{name}::{kind} AS {name}" for name, kind in COLUMNS.items())
    # Made of the constants above only.
    statement = (
        f"UPDATE gates_gate AS gate SET {sets} FROM ("  # noqa: S608
        f"SELECT id, {casts} FROM unnest(%s::bigint[], {arrays}) AS row(id, {names})"
        ") AS given WHERE gate.id = given.id"
    )
    values = [[gate.pk for gate in gates]]
    values += [[_plain(getattr(gate, name), kind) for gate in gates] for name, kind in COLUMNS.items()]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _array(kind: str) -> str:
    # A jsonb array cannot be sent as such; its texts are cast row by row.
    return "text" if kind == "jsonb" else kind


def _plain(value: Any, kind: str) -> Any:
    if kind == "jsonb":
        return None if value is None else json.dumps(value)
    return str(value) if kind == "text" else value
