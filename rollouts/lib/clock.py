"""The database's clock."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The clock of PostgreSQL at this instant, not at the transaction's start."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
