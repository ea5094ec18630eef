"""Composite gates: their parts stand beside them, and at least one of them binds."""

from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look


def check(document: Any, problems: Problems) -> None:
    """What each stage makes of its composite gates."""
    shared = {look.text(gate, "name"): gate for _, gate in look.entries(document, "gates")}
    for path, stage in look.entries(document, "stages"):
        guards = look.section(stage, "gates")
        for side in ("entry", "exit"):
            uses = list(look.items(guards, side, (*path, "gates")))
            found = [(place, shared.get(use) if isinstance(use, str) else use) for place, use in uses]
            whole = [(place, gate) for place, gate in found if isinstance(gate, dict)]
            inside = [(place, one) for place, gate in whole for _, one in look.inline_parts(gate, place)]
            gates = [*whole, *inside]
            kinds = {look.text(gate, "name"): look.text(gate, "kind") for _, gate in gates}
            for place, gate in whole:
                if look.text(gate, "kind") == "composite":
                    _parts(gate, place, kinds, problems)


def _parts(gate: look.Given, place: Path, kinds: dict[str | None, str | None], problems: Problems) -> None:
    settings = look.section(gate, "settings")
    seen: set[str] = set()
    parts = [part for _, part in look.entries(settings, "parts")]
    for part in parts:
        inner = part.get("gate")
        name = look.text(inner, "name") if isinstance(inner, dict) else look.text(part, "gate")
        if isinstance(inner, dict):
            _inner(inner, place, problems)
        if name is None:
            continue
        if name not in kinds:
            message = f"The composite has a part {name}, and no such gate stands beside it in the stage."
            problems.add(place, message, f"Add {name} to the same list, with `required: false` perhaps.")
        elif kinds[name] == "composite":
            problems.add(place, f"The part {name} is a composite itself.", "Name its parts instead.")
        if name in seen:
            problems.add(place, f"The part {name} stands twice in the composite.", "Remove one.")
        seen.add(name)
    if parts and all(look.text(part, "importance") == "informational" for part in parts):
        problems.add(place, "No part of the composite binds: it would never pass.", "Make one important.")
    if "pass_mark" in settings and look.text(settings, "combination") != "weighted":
        message = "pass_mark does nothing unless the parts are weighted."
        problems.warn(place, message, "Add `combination: weighted`, or remove it.")


def _inner(gate: look.Given, place: Path, problems: Problems) -> None:
    """What makes no sense of a gate that is written inside a composite one."""
    name = look.text(gate, "name") or "that is written inside"
    for key in ("on_fail", "observe", "required"):
        if key in gate:
            message = f"{key} does nothing for the part {name}: it binds only through the composite."
            problems.warn(place, message, f"Say it of the composite, or move {name} out of it.")
