"""Statements with large arrays, sent as they are.

Django binds parameters in the client: every quote of every text in an array is looked for in Python. Ten
thousand documents take seconds that way.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from django.db import connection


def execute(statement: str, values: Sequence[Any]) -> None:
    """Runs one statement on the connection that Django uses; `%b` in it is sent in binary.

    Raises what Django raises: IntegrityError for a row that breaks a constraint.
    """
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement.encode(), values)
