"""Style, types, import rules and templates, by the tools that `make lint` and `make types` run."""

import pytest

from tests.house.commands import run


def test_python_is_clean() -> None:
    run("ruff", "check", "--no-fix", ".")


def test_python_is_formatted() -> None:
    run("ruff", "format", "--check", ".")


def test_imports_keep_to_the_layers() -> None:
    run("lint-imports", "--no-cache")


def test_templates_are_clean() -> None:
    run("djlint", "--quiet", "--lint", "templates")


@pytest.mark.timeout(600)
def test_types_hold() -> None:
    run("mypy")
