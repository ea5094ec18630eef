"""What Django itself can say about the product: checks, migrations, the schema of the API."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from django.apps import AppConfig, apps
from django.conf import settings

from tests.house.commands import manage

PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "GATEHOUSE_SECRETS_KEY": secrets.token_urlsafe(60),
    "DATABASE_URL": "postgresql://gatehouse@database.example/gatehouse",
    "BROKER_URL": "redis://broker.example/0",
    "GATEHOUSE_URL": "https://gatehouse.example",
    "ALLOWED_HOSTS": "gatehouse.example",
    "DJANGO_ALLOW_ASYNC_UNSAFE": "",
}


def test_production_settings_pass_the_checks() -> None:
    manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)


@pytest.mark.parametrize("missing", ["SECRET_KEY", "GATEHOUSE_SECRETS_KEY", "DATABASE_URL", "BROKER_URL"])
def test_production_says_which_setting_is_missing(missing: str) -> None:
    with pytest.raises(AssertionError, match=f"Setting {missing}: is not set"):
        manage("check", **{**PRODUCTION, missing: ""})


def test_models_have_their_migrations() -> None:
    manage("makemigrations", "--check", "--dry-run")


def test_schema_of_the_api_is_without_warnings() -> None:
    manage("spectacular", "--validate", "--fail-on-warn", "--file", "/dev/null")


def test_migrations_go_back_and_forth() -> None:
    """From nothing to the newest, back to nothing of ours, and forward again."""
    server = settings.DATABASES["default"]
    name = f"house_{secrets.token_hex(4)}"
    where = {"host": server["HOST"], "port": server["PORT"], "user": server["USER"], "dbname": "postgres"}
    with psycopg.connect(**where, password=server["PASSWORD"] or None, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            _back_and_forth(name)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _back_and_forth(name: str) -> None:
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}"))
    # One process for all of it: most of the time of a command is Django's start.
    lines = [
        "from django.core.management import call_command as call",
        "call('migrate', verbosity=0)",
        *(f"call('migrate', {label!r}, 'zero', verbosity=0)" for label in _ours()),
        "call('migrate', verbosity=0)",
        "call('migrate', check_unapplied=True, verbosity=0)",
    ]
    manage("shell", "--no-imports", "-c", "\n".join(lines), DATABASE_URL=url)


def _ours() -> list[str]:
    configs = apps.get_app_configs()
    return [
        one.label for one in configs if one.name.startswith(("rollouts.", "notifications")) and _migrates(one)
    ]


def _migrates(config: AppConfig) -> bool:
    return Path(config.path, "migrations").exists()
