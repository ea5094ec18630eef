"""The least that a tick can be: the same queries, one COPY a table, one UPDATE that carries the states."""

import json
import time
from typing import Any

from bench import fleet


def source(url: str) -> Any:
    """The Prometheus as the product asks it, due when the first window closes."""
    from tests.health import factories as health

    return health.source(
        "prometheus",
        kind="prometheus",
        url=url,
        window_s=60,
        timeout_s=20,
        settings={"conventions": ["gatehouse"]},
        due_at=fleet.BEGIN,
    )


def measure(source: Any, server: int) -> dict[str, float]:
    """Seconds of each part for what the tick before has stored, all of it undone."""
    from django.db import connection, transaction

    from rollouts.gates.models import Gate, Verdict
    from rollouts.health.models import Window

    end = source.collected_through_at
    windows = list(Window.objects.filter(start_at=end - source.window).order_by("pk"))
    gates = list(Gate.objects.filter(judged_at__isnull=False).order_by("pk"))
    latest = max((gate.judged_at for gate in gates if gate.judged_at), default=end)
    gates = [gate for gate in gates if gate.judged_at == latest]
    verdicts = list(Verdict.objects.filter(at=latest).order_by("pk"))
    found = {"asking": _seconds(lambda: _ask(source, end))}
    found["reading"] = _seconds(
        lambda: list(Window.objects.filter(start_at=end - source.window).order_by("pk").values_list())
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            for table in ("health_window", "gates_verdict"):
                cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
        found["copying"] = _seconds(lambda: _copies({"health_window": windows, "gates_verdict": verdicts}))
        found["updating"] = _seconds(lambda: _update(gates))
        transaction.set_rollback(True)
    return found


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _ask(source: Any, end: Any) -> None:
    from rollouts.health.models import Query
    from rollouts.health.sources.access import Access
    from rollouts.health.sources.prometheus import Api

    api = Api(source.url, Access())
    for query in Query.objects.filter(source=source, last_end_at=end).order_by("pk"):
        form = {"query": query.text, "time": f"{end.timestamp():.3f}"}
        json.loads(api._fetch("POST", f"{api._base}/api/v1/query", form, 20).body)


def _copies(tables: dict[str, list[Any]]) -> None:
    for table, rows in tables.items():
        _copy(table, rows)


def _copy(table: str, rows: list[Any]) -> None:
    """Binary, into an empty table with the same indexes."""
    from django.db import connection, models
    from psycopg.types.json import Jsonb

    if not rows:
        return
    fields = list(rows[0]._meta.concrete_fields)
    kinds = [str(field.db_type(connection)) for field in fields]
    kinds = [
        {"integer": "int4", "boolean": "bool", "double precision": "float8"}.get(
            kind,
            "varchar"
            if kind.startswith("varchar")
            else "timestamptz"
            if "timestamp" in kind
            else "int8"
            if "bigint" in kind
            else kind,
        )
        for kind in kinds
    ]
    boxed = [isinstance(field, models.JSONField) for field in fields]
    names = ", ".join(field.column for field in fields)
    with (
        connection.cursor() as cursor,
        cursor.cursor.copy(f"COPY floor_{table} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(kinds)
        for row in rows:
            copy.write_row(
                [
                    Jsonb(value) if box and value is not None else value
                    for field, box in zip(fields, boxed, strict=True)
                    for value in [getattr(row, field.attname)]
                ]
            )


def _update(gates: list[Any]) -> None:
    from rollouts.gates.writing import write

    write(gates)
