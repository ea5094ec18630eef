"""`make clean`: removes what this clone has made; knows only the standard library, as `.venv` goes, too."""

import shutil
import sys
from pathlib import Path

from deploy.local.places import CLONE, Places, held
from deploy.local.trouble import Trouble

_MADE = [".venv", ".gatehouse", ".gatehouse-tools", ".mypy_cache", ".ruff_cache", ".pytest_cache"]
_MADE += [".import_linter_cache", ".hypothesis", "mutants", "screens"]


def clean() -> None:
    """Remove data, environment and caches. Raises `Trouble` when Gatehouse runs from here."""
    places = Places.of(CLONE)
    if sentence := held(places.state):
        raise Trouble(sentence)
    for folder in [places.state, places.sockets, *(CLONE / name for name in _MADE)]:
        _remove(folder)
    for cache in CLONE.rglob("__pycache__"):
        _remove(cache)


def _remove(folder: Path) -> None:
    if folder.exists():
        print(f"Removing {folder}")
        shutil.rmtree(folder)


if __name__ == "__main__":
    try:
        clean()
    except Trouble as trouble:
        sys.exit(str(trouble))
