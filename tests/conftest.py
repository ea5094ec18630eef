"""Brings up what the tests run against: a private PostgreSQL, a private Valkey, a browser.

Set DATABASE_URL and BROKER_URL to use your own servers instead.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
import pytest
from django.conf import settings
from django.db import connection
from hypothesis import HealthCheck
from hypothesis import settings as generated

from deploy.local.postgres import Postgres
from deploy.local.valkey import Valkey
from tests import databases, parsing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

parsing.protect()

_servers: list[Postgres | Valkey] = []


def _settle_addresses() -> Path | None:
    """Say where the private servers will be, before anything reads the settings.

    pytest-xdist's workers inherit the addresses, so that only the first process has a folder to fill.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    # Playwright's event loop lives in the thread of the tests.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    if os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL"):
        return None
    place = Path(tempfile.mkdtemp(prefix="gatehouse-tests-", dir="/tmp"))
    os.environ["GATEHOUSE_STATE_DIR"] = str(place / "state")
    # PostgreSQL runs as another user when we are root.
    place.chmod(0o711)
    if not os.environ.get("DATABASE_URL"):
        _servers.append(Postgres(place / "data", place / "postgres", ephemeral=True))
        os.environ["DATABASE_URL"] = _servers[-1].url
    if not os.environ.get("BROKER_URL"):
        _servers.append(Valkey(place / "valkey"))
        os.environ["BROKER_URL"] = _servers[-1].url
    return place


# How long an example takes says more about the machine than about the code.
# The same examples come at every run.
generated.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
generated.load_profile("house")

_place = _settle_addresses()
django.setup()


def _own_copies() -> None:
    """Each worker has a database of its own, so that copies of public pages must not be shared either.

    The settings are read before this file in a worker, with the environment of the first process.
    """
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        settings.GATEHOUSE_STATE_DIR = settings.GATEHOUSE_STATE_DIR / worker
        os.environ["GATEHOUSE_STATE_DIR"] = str(settings.GATEHOUSE_STATE_DIR)


_own_copies()


def _empty_tables_quickly() -> None:
    """Tests with real transactions empty every table afterwards.

    The log's triggers refuse that, and TRUNCATE takes milliseconds for each table whatever is in it; deleting
    the few rows there are takes none. As a replica the server minds neither triggers nor foreign keys.
    """
    from django.db.backends.postgresql.operations import DatabaseOperations

    def delete(self: DatabaseOperations, style: Any, tables: Any, **_: Any) -> list[str]:
        if not tables:
            return []
        rows = [f"DELETE FROM {self.quote_name(table)}" for table in tables]
        return [
            "SET session_replication_role = replica",
            *rows,
            "SET session_replication_role = DEFAULT",
        ]

    # On the class: under a browser's event loop Django uses other connections than outside it.
    DatabaseOperations.sql_flush = delete  # type: ignore[method-assign,assignment]


_empty_tables_quickly()


def pytest_sessionstart() -> None:
    for server in _servers:
        server.start()


def pytest_unconfigure() -> None:
    for server in _servers:
        server.stop()
    if _place:
        shutil.rmtree(_place, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """One database for each worker of pytest-xdist, copied from one that the first of them has migrated."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.template()


@pytest.fixture(autouse=True)
def _forget_public_pages() -> Iterator[None]:
    """Ends the background look at public pages, with its connection and its copies."""
    yield
    from rollouts.statuspages.store import store

    store.stop()


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """A broker of the test's own, to be flushed and killed."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-", dir="/tmp") as place:
        broker = Valkey(Path(place)).start()
        yield broker
        broker.stop()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A database server of the test's own, to be killed and paused."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-", dir="/tmp") as place:
        Path(place).chmod(0o711)
        server = Postgres(Path(place, "data"), Path(place, "run"), ephemeral=True).start()
        yield server
        server.resume()
        server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """One Chromium for the session."""
    from playwright.sync_api import sync_playwright

    from deploy.local.provision import chromium

    with sync_playwright() as playwright:
        program, arguments = chromium()
        running = playwright.chromium.launch(executable_path=str(program), args=arguments)
        yield running
        running.close()


@pytest.fixture
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    """A fresh browser session, 1440 px wide."""
    opened = browser.new_context(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: "BrowserContext") -> "Page":
    """A page; the test fails when the page logs an error or breaks its content policy."""
    return context.new_page()
