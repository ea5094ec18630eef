"""Gates: kinds and judges that exist, and settings that make sense together."""

from collections.abc import Collection
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document import budget
from rollouts.plans.document.checks import composite, look, metric
from rollouts.plans.document.checks.names import unknown


def check(document: Any, problems: Problems, *, kinds: Collection[str], judges: Collection[str]) -> None:
    for path, gate in look.all_gates(document):
        kind = look.text(gate, "kind")
        if kind and kind not in kinds and kind != budget.KIND:
            problems.add((*path, "kind"), *unknown(kind, "gate kind", kinds))
        if kind == "metric":
            metric.check(gate, path, document, problems, judges)
        if kind == "checklist":
            _checklist(gate, path, problems)
    _observing(document, problems)
    metric.together(document, problems)
    composite.check(document, problems)


def _observing(document: Any, problems: Problems) -> None:
    """A rollout that only observes goes on by the clock where nobody has to enter a stage."""
    if not isinstance(document, dict) or document.get("observe") is not True:
        return
    for path, stage in look.entries(document, "stages"):
        if look.text(stage, "advance") == "automatic":
            message = "The rollout only observes, so the stage is entered by time alone, however it goes."
            problems.warn((*path, "advance"), message, "Let a person enter it, or remove `observe`.")


def _checklist(gate: look.Given, path: Path, problems: Problems) -> None:
    seen: set[str] = set()
    for place, item in look.items(look.section(gate, "settings"), "items", (*path, "settings")):
        name = item if isinstance(item, str) else look.text(item, "name") if isinstance(item, dict) else None
        if name and name in seen:
            problems.add(place, f"{name} stands twice in the checklist.", "Remove one.")
        if name:
            seen.add(name)
