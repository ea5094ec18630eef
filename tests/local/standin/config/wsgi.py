"""Answers with what the database says, and who answered."""

import os
from collections.abc import Callable, Iterable
from typing import Any

import psycopg


def application(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    try:
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3) as connection:
            first = connection.execute("SELECT min(at) FROM kept").fetchone()
    except psycopg.OperationalError as error:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [str(error).encode()]
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{os.getpid()} {first[0].timestamp() if first else 0}".encode()]
