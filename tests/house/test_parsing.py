"""Parsing survives finalizers that parse."""

import ast
import gc
from pathlib import Path

import pytest


class Writer:
    """Garbage in a circle that parses when the collector finds it, as a traceback's text does."""

    found = 0

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        Writer.found += 1
        ast.parse("1 + 1")


def test_a_finalizer_that_parses_spoils_no_parse() -> None:
    text, often = Path(ast.__file__).read_text(), gc.get_threshold()
    Writer.found = 0
    gc.set_threshold(50, 5, 5)
    try:
        for _ in range(3):
            for _ in range(20):
                Writer()
            assert ast.parse(text).body
        gc.collect()
    finally:
        gc.set_threshold(*often)
    assert Writer.found == 60


def test_without_the_protection_it_would() -> None:
    """When this fails, Python was mended, and tests/parsing.py can go."""
    often = gc.get_threshold()
    gc.set_threshold(50, 5, 5)
    try:
        with pytest.raises(SystemError, match="recursion depth"):
            _spoilt(Path(ast.__file__).read_text())
    finally:
        gc.set_threshold(*often)


def _spoilt(text: str) -> None:
    unprotected = ast.parse.__wrapped__  # type: ignore[attr-defined]
    for _ in range(20):
        for _ in range(20):
            Writer()
        unprotected(text)
