"""What is written down is what there is: pinned versions, dependencies, settings, targets of make."""

import re
from pathlib import Path

import pytest

from tests.house.commands import CLONE

_NAME = re.compile(r"^([A-Za-z][A-Za-z0-9_.-]*)(?:\[[^\]]*\])?")


def wanted(file: str) -> list[str]:
    """The names of the libraries that we chose ourselves."""
    lines = [line.split("#")[0].strip() for line in (CLONE / file).read_text().splitlines()]
    return [_plain(found.group(1)) for line in lines if line and (found := _NAME.match(line))]


def pinned(file: str) -> dict[str, str]:
    found = re.findall(r"^([A-Za-z0-9_.-]+)==(\S+)", (CLONE / file).read_text(), re.MULTILINE)
    return {_plain(name): version for name, version in found}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_everything_that_is_wanted_is_pinned(name: str) -> None:
    assert [one for one in wanted(f"{name}.in") if one not in pinned(f"{name}.txt")] == []


def test_tests_run_on_the_versions_that_serve() -> None:
    served, tested = pinned("requirements.txt"), pinned("requirements-dev.txt")
    assert {name: tested.get(name) for name, version in served.items() if tested.get(name) != version} == {}


def test_every_dependency_has_its_reason() -> None:
    text = (CLONE / "docs" / "dependencies.md").read_text().lower()
    names = {*wanted("requirements.in"), *wanted("requirements-dev.in")}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_every_setting_is_documented() -> None:
    read = set()
    for path in [*CLONE.glob("config/**/*.py"), *CLONE.glob("rollouts/**/*.py")]:
        for call in re.findall(r"env\.(?:text|whole|flag|words)\(\s*\"([A-Z_]+)\"", path.read_text()):
            read.add(call)
    text = (CLONE / "docs" / "operator.md").read_text()
    assert sorted(name for name in read if f"`{name}`" not in text) == []


def test_every_kind_of_gate_and_judge_is_documented() -> None:
    text = "\n".join(path.read_text() for path in sorted(Path(CLONE, "docs").glob("*.md")))
    kinds = [path.stem for path in (CLONE / "rollouts" / "gates" / "kinds").glob("*.py")]
    named = {"approval", "metric", "exposure", "schedule", "checklist"} & set(kinds)
    assert sorted(kind for kind in named if f"`{kind}`" not in text) == []


def test_every_target_of_make_is_in_its_help() -> None:
    text = (CLONE / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE)) - {"help"}
    assert sorted(name for name in targets if f"make {name}" not in text) == []
