"""Reads the newest public pages with a connection of its own: no models, no session, no waiting."""

from typing import Any

import psycopg

from rollouts.statuspages.stored import Stored

CONNECT_TIMEOUT_S = 2
STATEMENT_TIMEOUT_MS = 2_000

NEWEST = """
SELECT DISTINCT ON (path) id, path, version, status, content_type, etag, body, key_digest,
       extract(epoch FROM expires_at)::float8, extract(epoch FROM created_at)::float8
FROM statuspages_snapshot WHERE id > %s ORDER BY path, id DESC
"""


def _stored(row: tuple[Any, ...]) -> Stored:
    _id, path, version, status, content_type, etag, body, key_digest, expires_at, created_at = row
    return Stored(path, version, status, content_type, etag, bytes(body), key_digest, expires_at, created_at)


class Reader:
    """A short connection that is kept while it works. Not for several threads."""

    def __init__(self) -> None:
        self._connection: psycopg.Connection[Any] | None = None
        self._last_id = 0

    def newer(self) -> list[Stored]:
        """Pages newer than what was read before. Raises psycopg.Error; may hang while the server does."""
        try:
            if self._connection is None:
                self._connection = self._connect()
                self._last_id = 0  # another server may stand behind the address now
            # Rows are written under one lock, so that a lower id never becomes visible after a higher one.
            rows = self._connection.execute(NEWEST, [self._last_id], binary=True).fetchall()
        except psycopg.Error:
            self.close()
            raise
        if rows:
            self._last_id = max(row[0] for row in rows)
        return [_stored(row) for row in rows]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> psycopg.Connection[Any]:
        # Asked at each connection: the tests' database gets its name only when they begin.
        from django.db import connections

        settings = connections["default"].settings_dict
        given = {
            "dbname": settings["NAME"],
            "user": settings["USER"],
            "password": settings["PASSWORD"],
            "host": settings["HOST"],
            "port": settings["PORT"],
        }
        kept = {key: value for key, value in settings.get("OPTIONS", {}).items() if key.startswith("ssl")}
        return psycopg.connect(
            **{key: value for key, value in given.items() if value},
            **kept,
            connect_timeout=CONNECT_TIMEOUT_S,
            options=f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
            application_name="gatehouse public pages",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
            autocommit=True,
        )
