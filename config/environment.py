"""Reads the process environment once, typed; a bad value stops the start with a sentence."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class BadSetting(SystemExit):
    """A setting that cannot be used; the message says which and what to do."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"Setting {name}: {why}")


def text(name: str, default: str | None = None) -> str:
    """The value of `name`, or the content of the file that `NAME_FILE` names."""
    if value := os.environ.get(name):
        return value
    if path := os.environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise BadSetting(f"{name}_FILE", f"cannot read {path}: {error.strerror}.") from error
    if default is None:
        raise BadSetting(name, f"is not set. Set it, or {name}_FILE to a file that holds it.")
    return default


def whole(name: str, default: int) -> int:
    """The value of `name` as a whole number."""
    value = text(name, str(default))
    try:
        return int(value)
    except ValueError:
        raise BadSetting(name, f"must be a whole number, not {value!r}.") from None


def flag(name: str, default: bool) -> bool:
    """The value of `name` as yes or no."""
    value = text(name, "yes" if default else "no").lower()
    if value in {"1", "yes", "true", "on"}:
        return True
    if value in {"0", "no", "false", "off"}:
        return False
    raise BadSetting(name, f"must be yes or no, not {value!r}.")


def words(name: str, default: str = "") -> list[str]:
    """The value of `name` as a list, separated by commas."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(url: str) -> dict[str, Any]:
    """Django's settings for a PostgreSQL address; a socket folder comes as `?host=`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting("DATABASE_URL", "must begin with postgresql://. Gatehouse needs PostgreSQL.")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "gatehouse",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or (parts.hostname or ""),
        "PORT": query.pop("port", "") or str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            "options": "-c lock_timeout=8000 -c statement_timeout=20000",
            **query,
        },
    }
