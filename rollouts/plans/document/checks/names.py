"""Names: each once, and each that is referred to exists."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look


def check(document: Any, problems: Problems) -> None:
    changes = _once(_change_names(document), "change", problems)
    _once(_named(look.entries(document, "stages"), "name"), "stage", problems)
    _once(_named(look.entries(document, "risks"), "id"), "risk", problems)
    _targets(document, changes, problems)
    _order(document, changes, problems)
    _gates(document, problems)


def _named(entries: Iterable[tuple[Path, look.Given]], key: str) -> list[tuple[Path, str]]:
    return [((*path, key), name) for path, entry in entries if (name := look.text(entry, key))]


def _once(named: Iterable[tuple[Path, str]], what: str, problems: Problems) -> dict[str, Path]:
    first: dict[str, Path] = {}
    for path, name in named:
        if name in first:
            problems.add(path, f"There are two {what}s named {name}.", "Give one of them another name.")
        else:
            first[name] = path
    return first


def unknown(name: str, what: str, known: Collection[str]) -> tuple[str, str]:
    """Message and remedy for a name that nothing has."""
    close = difflib.get_close_matches(name, list(known), n=1)
    listed = ", ".join(sorted(known)[:12])
    remedy = f"Known: {listed}." if listed else f"Add the {what} first."
    return f"There is no {what} named {name}.", f"Did you mean {close[0]}?" if close else remedy


def _change_names(document: Any) -> list[tuple[Path, str]]:
    named: list[tuple[Path, str]] = []
    for path, change in look.entries(document, "changes"):
        service, kind = look.text(change, "service"), look.text(change, "kind") or "build"
        own = look.text(change, "name")
        if own or service:
            named.append((path, own or (str(service) if kind == "build" else f"{service}.{kind}")))
    return named


def _targets(document: Any, changes: Mapping[str, Path], problems: Problems) -> None:
    moved: set[str] = set()
    for path, stage in look.entries(document, "stages"):
        if "targets" not in stage:
            moved.update(changes)
        for place, target in look.texts(stage, "targets", path):
            moved.add(target)
            if target not in changes:
                problems.add(place, *unknown(target, "change", changes))
    for name, path in changes.items():
        if name not in moved and isinstance(document.get("stages"), list):
            problems.add(path, f"No stage targets the change {name}.", "Add it to a stage's targets.")


def _order(document: Any, changes: Collection[str], problems: Problems) -> None:
    for path, edge in look.entries(document, "order"):
        first, then = look.text(edge, "first"), look.text(edge, "then")
        for key, name in (("first", first), ("then", then)):
            if name and name not in changes:
                problems.add((*path, key), *unknown(name, "change", changes))
        if first and first == then:
            problems.add(path, f"{first} cannot wait for itself.", "Remove the edge.")


def _gates(document: Any, problems: Problems) -> None:
    shared = _once(_named(look.entries(document, "gates"), "name"), "shared gate", problems)
    inner = {
        look.text(gate, "name"): [
            inside for _, one in look.inline_parts(gate, path) if (inside := look.text(one, "name"))
        ]
        for path, gate in look.entries(document, "gates")
    }
    names, used = {*shared, *(one for each in inner.values() for one in each)}, set[str]()
    for path, stage in look.entries(document, "stages"):
        here: list[tuple[Path, str]] = []
        for place, use in look.stage_gates(stage, path):
            name = use if isinstance(use, str) else look.text(use, "name")
            if not name:
                continue
            here.append((place if isinstance(use, str) else (*place, "name"), name))
            if isinstance(use, str):
                used.add(name)
                here += [(place, inside) for inside in inner.get(name, ())]
                if name not in shared:
                    problems.add(place, *unknown(name, "shared gate", shared))
            elif name in shared:
                remedy = f"Write only `{name}` to use the shared gate, or rename this one."
                problems.add((*place, "name"), f"{name} is the name of a shared gate.", remedy)
            names.add(name)
        _once(here, "gate", problems)
    for name, path in shared.items():
        if name not in used:
            problems.warn(path, f"No stage uses the shared gate {name}.", "Use it in a stage, or remove it.")
    for path, risk in look.entries(document, "risks"):
        if (gate := look.text(risk, "gate")) and gate not in names:
            problems.add((*path, "gate"), *unknown(gate, "gate", names))
