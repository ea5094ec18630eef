"""The shape of the house: sentences of packages, sizes, names, rooms, and keys that follow the layers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey

from tests.house.commands import CLONE

LONGEST_LINE = 260
HOUSES = ["rollouts", "notifications", "config", "deploy", "demo", "tests", "bench"]
LOWEST_FIRST = [
    ["audit"],
    ["accounts"],
    ["catalog"],
    ["contracts"],
    ["health"],
    ["plans"],
    ["approvals"],
    ["evidence"],
    ["gates"],
    ["decisions"],
    ["escalations", "statuspages", "reviews", "engines"],
    ["dashboard"],
    ["notifications"],
]
ROOMS = {"models", "queries", "services", "registry", "values"}
# Pure, Django-free cores of a package may be read by higher ones as its `values` are.
PURE = {
    "approvals.quorum",
    "contracts.questions",
    "plans.document",
    "health.composite",
    "health.readings",
    "health.quantiles",
    "health.signals",
}
# What only one package may enter, and from where.
KEYS_OF_THE_HOUSE = {("decisions", "plans.state"), ("decisions", "audit.tasks")}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "manager", "managers"}


def sources(*houses: str) -> Iterator[Path]:
    for house in houses:
        for path in sorted((CLONE / house).rglob("*.py")):
            if "migrations" not in path.parts and "__pycache__" not in path.parts:
                yield path.relative_to(CLONE)


def tree(path: Path) -> ast.Module:
    return ast.parse((CLONE / path).read_text())


def imported(path: Path) -> Iterator[str]:
    """Every module that the file names in an import, with what it takes from it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{name.name}" for name in node.names)


def test_packages_say_what_they_own_and_import_nothing() -> None:
    wrong = []
    for path in sources("rollouts", "notifications", "config", "deploy", "demo"):
        if path.name != "__init__.py":
            continue
        body = tree(path).body
        if path.parent.name in {"management", "commands", "migrations"} and not body:
            continue
        if not body or ast.get_docstring(tree(path)) is None:
            wrong.append(f"{path} has no sentence")
        if any(name.startswith("django") for name in imported(path)):
            wrong.append(f"{path} imports django")
    assert wrong == []


def test_files_stay_short() -> None:
    long = {}
    for path in sources(*HOUSES):
        lines = len((CLONE / path).read_text().splitlines())
        if lines > (460 if path.parts[0] == "tests" else 350):
            long[str(path)] = lines
    assert long == {}


def test_functions_stay_short() -> None:
    """40 lines are the aim; what is above 60 is no function but a file."""
    long = {}
    for path in sources("rollouts", "notifications", "config", "deploy", "demo"):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > 60:
                    long[f"{path}:{node.name}"] = lines
    assert long == {}


def test_names_of_modules_mean_something() -> None:
    assert [str(path) for path in sources(*HOUSES) if VAGUE & {path.stem, *path.parts[:-1]}] == []


def test_packages_meet_in_their_rooms_only() -> None:
    wrong = []
    for path in sources("rollouts", "notifications"):
        own = path.parts[1] if path.parts[0] == "rollouts" else path.parts[0]
        for name in imported(path):
            there, *room = [*name.split("."), ""][1:3] if name.startswith("rollouts.") else ["", ""]
            if there in {"", "lib", own} or room[0] in ROOMS:
                continue
            place = f"{there}.{room[0]}"
            if place not in PURE and (own, place) not in KEYS_OF_THE_HOUSE:
                wrong.append(f"{path} imports {place}")
    assert wrong == []


def test_pure_cores_that_others_read_know_no_django() -> None:
    wrong = []
    for core in sorted(PURE):
        package, room = core.split(".")
        base = Path("rollouts", package)
        files = [base / f"{room}.py"] if (CLONE / base / f"{room}.py").exists() else sources(str(base / room))
        wrong += [str(path) for path in files for name in imported(path) if name.startswith("django")]
    assert wrong == []


def test_foreign_keys_follow_the_layers() -> None:
    """A key sits on the higher side, so that a lower package never knows a higher one's table."""
    level = {label: number for number, labels in enumerate(LOWEST_FIRST) for label in labels}
    wrong = []
    for model in apps.get_models():
        own = model._meta.app_label
        for field in model._meta.get_fields():
            if own not in level or not isinstance(field, ForeignKey):
                continue
            there = field.related_model._meta.app_label
            if there != own and level.get(there, -1) >= level[own]:
                wrong.append(f"{model._meta.label}.{field.name} points to {there}")
    assert wrong == []


def test_models_keep_the_order_of_rows_to_their_queries() -> None:
    ours = [
        model for model in apps.get_models() if model.__module__.startswith(("rollouts.", "notifications."))
    ]
    assert [model._meta.label for model in ours if model._meta.ordering] == []


def test_log_is_pointed_at_by_nobody() -> None:
    """An event outlives whatever it tells of: no table holds a key to it but its own package's."""
    events = apps.get_model("audit", "Event")
    pointing = [relation.related_model for relation in events._meta.related_objects]
    assert {model._meta.app_label for model in pointing} <= {"audit"}


def _letters(path: Path) -> bool:
    """Mail has no other place for styles than the elements."""
    return path.name == "email.html" or "mail" in path.parts


def test_templates_hold_nothing_inline() -> None:
    """The content policy refuses inline scripts, handlers and styles; a page would lose them silently."""
    wrong = []
    for path in sorted((CLONE / "templates").rglob("*.html")):
        if _letters(path):
            continue
        text = path.read_text()
        for word in (" style=", " onclick=", " onchange=", " onsubmit=", "<style", "hx-on", "javascript:"):
            if word in text:
                wrong.append(f"{path.relative_to(CLONE)} holds {word.strip()}")
    assert wrong == []


def test_icons_that_templates_name_are_drawn() -> None:
    """A name that icons.svg does not have draws nothing, and nobody is told."""
    drawn = set(re.findall(r'id="i-([a-z0-9-]+)"', (CLONE / "static/icons.svg").read_text()))
    named = {
        (str(path.relative_to(CLONE)), name)
        for path in (CLONE / "templates").rglob("*.html")
        for name in re.findall(r'(?:{% icon |icon=)"([^"]+)"', path.read_text())
    }
    assert {(path, name) for path, name in named if name not in drawn} == set()


def test_templates_keep_their_lines_short() -> None:
    """Whole panels on one line cannot be read, compared or merged; addresses and sentences need some room."""
    long = [
        f"{path.relative_to(CLONE)}:{number} has {len(line)} characters"
        for path in sorted((CLONE / "templates").rglob("*.html"))
        if not _letters(path)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST_LINE
    ]
    assert long == []


def test_tests_wait_for_a_condition_and_never_sleep() -> None:
    """But for the one that waits for all of them, and for programs that are no tests."""
    programs = {"mutants", "standin"}
    sleeping = {
        str(path)
        for path in sources("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "sleep" and not programs & {*path.parts}
    }
    assert sleeping == {"tests/waiting.py"}


def test_messages_carry_no_time_and_a_lost_worker_gives_them_back() -> None:
    """The database is the clock: no countdown, no ETA, no beat; a task that was not finished comes again."""
    timed = {
        f"{path}: {keyword.arg}"
        for path in sources("rollouts", "notifications", "config")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg in {"countdown", "eta", "beat_schedule"}
    }
    assert timed == set()
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert not hasattr(settings, "CELERY_BEAT_SCHEDULE")
