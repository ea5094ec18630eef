"""Writes many gates in one statement: `bulk_update` takes 70 times as long (measured, 20,000 gates)."""

from collections.abc import Collection, Mapping
from typing import Any

import orjson
from django.db import connection
from psycopg.types.json import Jsonb

from rollouts.gates.models import Gate, Verdict
from rollouts.lib import binary

COLUMNS: Mapping[str, str] = {
    "verdict": "text",
    "warning": "boolean",
    "sentence": "text",
    "evidence": "json",
    "silenced": "boolean",
    "no_data_since_at": "timestamptz",
    "judged_at": "timestamptz",
    "changed_at": "timestamptz",
    "recorded_at": "timestamptz",
    "state": "json",
}
"""What judging changes, and the type of each; "json" is a document that is kept as text."""


def write(gates: Collection[Gate]) -> None:
    """Writes what judging changes of each gate."""
    if not gates:
        return
    sets = ", ".join(f"{name} = given.{name}" for name in COLUMNS)
    arrays = ", ".join(f"%b::{_type(kind)}[]" for kind in COLUMNS.values())
    # Made of the constants above only.
    statement = (
        f"UPDATE gates_gate AS gate SET {sets} "  # noqa: S608
        f"FROM unnest(%b::bigint[], {arrays}) AS given(id, {', '.join(COLUMNS)}) WHERE gate.id = given.id"
    )
    values = [[gate.pk for gate in gates]]
    values += [[_plain(getattr(gate, name), kind) for gate in gates] for name, kind in COLUMNS.items()]
    binary.execute(statement, values)


def _type(kind: str) -> str:
    return "text" if kind == "json" else kind


def _plain(value: Any, kind: str) -> Any:
    if kind == "json":
        return None if value is None else orjson.dumps(value).decode()
    return str(value) if kind == "text" else value


COPIED: Mapping[str, str] = {
    "gate_id": "int8",
    "at": "timestamptz",
    "word": "varchar",
    "warning": "bool",
    "sentence": "text",
    "evidence": "jsonb",
    "repeat": "bool",
}


def keep(history: Collection[Verdict]) -> None:
    """Writes rows of history by binary COPY: an eighth of the time of `bulk_create`."""
    if not history:
        return
    Verdict.DAYS.ensure(row.day for row in history if row.in_day)
    statement = f"COPY gates_verdict ({', '.join(COPIED)}) FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
        copy.set_types(list(COPIED.values()))
        for row in history:
            values = (str(row.word), row.warning, row.sentence, Jsonb(row.evidence, orjson.dumps), row.repeat)
            copy.write_row((row.gate_id, row.at, *values))
