"""The schema, migrated once for all workers of a run."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection
from psycopg import sql

CLONE = Path(__file__).parents[1]


def template() -> str:
    """The name of a database with the whole schema and nothing in it; whoever comes first makes it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getppid()))
    name = f"template_{run}"[:60]
    with psycopg.connect(**_server(), autocommit=True) as server:
        # Kept by the session, and gone with it.
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        there = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if there is None:
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
            _migrate(name)
    return name


def _server() -> dict[str, Any]:
    """Where the server's own database is."""
    given = connection.settings_dict
    named = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {"dbname": "postgres"} | {word: given[key] for word, key in named.items() if given.get(key)}


def _migrate(name: str) -> None:
    code = (
        "import django; django.setup();"
        "from django.db import connection; from django.core.management import call_command;"
        f"connection.settings_dict['NAME'] = {name!r}; call_command('migrate', verbosity=0, skip_checks=True)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=CLONE, check=True)
