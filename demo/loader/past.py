"""A clock of the demo's own, so that its rollouts have a past.

The product reads PostgreSQL's `clock_timestamp()` and nothing else. Within `past` the session finds a
function of that name in a schema of the demo's before the real one; everything else is as always.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection

from rollouts.lib.clock import database_now

_SETUP = """
CREATE SCHEMA IF NOT EXISTS demo;
CREATE OR REPLACE FUNCTION demo.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
$$ SELECT pg_catalog.clock_timestamp() - current_setting('demo.behind')::interval $$
"""


class Past:
    """Where the session's clock stands, and how to move it."""

    def move_to(self, at: datetime) -> None:
        """It is `at` now; the clock goes on from there."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('demo.behind', (pg_catalog.clock_timestamp() - %s)::text, false)", [at]
            )

    def forward(self, length: timedelta) -> datetime:
        """Moves on by `length`; what time it is then."""
        at = database_now() + length
        self.move_to(at)
        return at


@contextmanager
def past(ago: timedelta) -> Iterator[Past]:
    """Begins `ago` before now; at the end the clock is the real one again."""
    start = database_now() - ago
    with connection.cursor() as cursor:
        cursor.execute(_SETUP)
        clock = Past()
        clock.move_to(start)
        # pg_catalog comes first unless it is named.
        cursor.execute("SET search_path = demo, pg_catalog, public")
    try:
        yield clock
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
