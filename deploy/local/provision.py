"""Finds the browser and Prometheus that the tests need, and fetches what is missing."""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from deploy.local.processes import Trouble

TOOLS = Path(__file__).resolve().parent.parent.parent / ".gatehouse-tools"
"""What was fetched without root, kept in the clone."""

_SPARTICUZ = "@sparticuz/chromium@147.0.0"


def chromium() -> tuple[Path, list[str]]:
    """The browser's program and the arguments it needs. Raises `Trouble`."""
    found = _named("CHROMIUM_BIN") or _on_path("chromium", "chromium-browser", "google-chrome")
    if found:
        return found, []
    if (unpacked := TOOLS / "chromium").exists():
        return unpacked, ["--no-sandbox", "--headless=shell"]
    raise Trouble("There is no Chromium. Run 'make test' once, or set CHROMIUM_BIN to its program.")


def prometheus() -> Path:
    """Prometheus's program. Raises `Trouble`."""
    found = _named("PROMETHEUS_BIN") or _on_path("prometheus")
    if found:
        return found
    if (unpacked := TOOLS / "prometheus" / "usr" / "bin" / "prometheus").exists():
        return unpacked
    raise Trouble("There is no Prometheus. Run 'make test' once, or set PROMETHEUS_BIN to its program.")


def _named(variable: str) -> Path | None:
    if not (value := os.environ.get(variable)):
        return None
    if not (program := Path(value)).exists():
        raise Trouble(f"{variable} names {value}, which does not exist.")
    return program


def _on_path(*names: str) -> Path | None:
    return next((Path(found) for name in names if (found := shutil.which(name))), None)
