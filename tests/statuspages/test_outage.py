"""Public pages stand while PostgreSQL is killed, hangs, or was never there; on the real server's entry."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from deploy.local.postgres import Postgres
from tests.statuspages.servers import free_port

ROOT = Path(__file__).resolve().parents[2]
PAGE = "/status/main/orders-v3/"
INSERT = """
INSERT INTO statuspages_snapshot
    (site, path, version, status, content_type, etag, body, key_digest, created_at)
VALUES ('main', %s, %s, 200, 'text/html; charset=utf-8', %s, %s, '', clock_timestamp())
"""


def environment(database: str, state: Path) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "GATEHOUSE_STATE_DIR": str(state),
    }


def put(database: str, version: int) -> None:
    body = f"<main>version {version} <!--checked--></main>".encode()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(INSERT, [PAGE, version, f'"v{version}"', body])


@contextmanager
def server(database: str, state: Path) -> Iterator[str]:
    """Granian with the product's own entry, as `make run` starts it."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "config.wsgi:application",
        ],
        cwd=ROOT,
        env=environment(database, state),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait(lambda: get(f"{address}/healthz") is not None, 60)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def get(url: str) -> httpx.Response | None:
    try:
        return httpx.get(url, timeout=2)
    except httpx.TransportError:
        return None


def wait(condition: object, seconds: float) -> None:
    """Until the condition holds, or the test fails."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


def said(address: str) -> str:
    """The page, which must answer within half a second whatever the database does."""
    begun = time.monotonic()
    response = httpx.get(f"{address}{PAGE}", timeout=2)
    assert time.monotonic() - begun < 0.5
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    return response.text if response.status_code == 200 else ""


@pytest.mark.timeout(240)
def test_pages_stand_while_the_database_hangs_and_dies_and_at_a_start_without_it(
    postgres: Postgres, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0", "--skip-checks"],
        cwd=ROOT,
        env=environment(postgres.url, state),
        check=True,
    )
    put(postgres.url, 1)
    with server(postgres.url, state) as address:
        wait(lambda: "version 1" in said(address), 10)
        put(postgres.url, 2)
        wait(lambda: "version 2" in said(address), 10)
        assert "less than a minute ago" in said(address)

        postgres.pause()
        for _ in range(20):
            assert "version 2" in said(address)
        postgres.resume()
        put(postgres.url, 3)
        wait(lambda: "version 3" in said(address), 15)

        postgres.kill()
        for _ in range(20):
            assert "version 3" in said(address)
        age = httpx.get(f"{address}{PAGE}").headers["Age"]
        wait(lambda: int(httpx.get(f"{address}{PAGE}").headers["Age"]) > int(age), 5)
    with server(postgres.url, state) as address:
        assert "version 3" in said(address)
        assert "Last checked" in said(address)
        assert "may be older" in said(address)
    postgres.start()
    put(postgres.url, 4)
    with server(postgres.url, state) as address:
        wait(lambda: "version 4" in said(address), 10)
