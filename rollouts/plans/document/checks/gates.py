"""Gates: kinds and judges that exist, and settings that make sense together."""

from collections.abc import Collection
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import composite, look, metric
from rollouts.plans.document.checks.names import unknown


def check(document: Any, problems: Problems, *, kinds: Collection[str], judges: Collection[str]) -> None:
    for path, gate in look.all_gates(document):
        kind = look.text(gate, "kind")
        if kind and kind not in kinds:
            problems.add((*path, "kind"), *unknown(kind, "gate kind", kinds))
        if kind == "metric":
            metric.check(gate, path, document, problems, judges)
        if kind == "checklist":
            _checklist(gate, path, problems)
        if gate.get("observe") is True and look.text(gate, "on_fail"):
            message = "A gate that only observes does nothing when it fails."
            problems.warn((*path, "on_fail"), message, "Remove `on_fail` or `observe`.")
    metric.together(document, problems)
    composite.check(document, problems)


def _checklist(gate: look.Given, path: Path, problems: Problems) -> None:
    seen: set[str] = set()
    for place, item in look.items(look.section(gate, "settings"), "items", (*path, "settings")):
        name = item if isinstance(item, str) else look.text(item, "name") if isinstance(item, dict) else None
        if name and name in seen:
            problems.add(place, f"{name} stands twice in the checklist.", "Remove one.")
        if name:
            seen.add(name)
