"""Gates: kinds and judges that exist, and settings that make sense together."""

from collections.abc import Collection
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.names import unknown


def check(document: Any, problems: Problems, *, kinds: Collection[str], judges: Collection[str]) -> None:
    for path, gate in look.all_gates(document):
        kind = look.text(gate, "kind")
        if kind and kind not in kinds:
            problems.add((*path, "kind"), *unknown(kind, "gate kind", kinds))
        if kind == "metric":
            _metric(gate, path, document, problems, judges)
        if kind == "checklist":
            _checklist(gate, path, problems)
        if gate.get("observe") is True and look.text(gate, "on_fail"):
            message = "A gate that only observes does nothing when it fails."
            problems.warn((*path, "on_fail"), message, "Remove `on_fail` or `observe`.")


def _metric(gate: look.Given, path: Path, document: Any, problems: Problems, judges: Collection[str]) -> None:
    settings, place = look.section(gate, "settings"), (*path, "settings")
    judge = look.text(settings, "judge")
    if judge and judge not in judges:
        problems.add((*place, "judge"), *unknown(judge, "judge", judges))
    signal = look.text(settings, "signal")
    if signal == "latency" and "slower_than" not in settings:
        message = "A latency gate must say what is slow."
        problems.add((*place, "slower_than"), message, "Add `slower_than: 300ms`, say.")
    if signal and signal != "latency" and "slower_than" in settings:
        problems.add((*place, "slower_than"), f"slower_than has no meaning for {signal}.", "Remove it.")
    _limit(settings, signal, place, problems)
    breaches = look.section(settings, "breaches")
    count, of = look.number(breaches, "count"), look.number(breaches, "of")
    if count is not None and of is not None and count > of:
        message = f"{count:g} breaches cannot be among {of:g} windows."
        problems.add((*place, "breaches"), message, "Write a count that is at most `of`.")
    if "service" not in settings:
        _one_service(document, place, problems)


def _limit(settings: look.Given, signal: str | None, place: Path, problems: Problems) -> None:
    if signal not in ("errors", "latency"):
        return
    limit, value = settings.get("limit"), look.number(settings, "limit")
    if value is not None and value >= 1:
        message = f"The limit {value:g} is a share of all requests and must be below 1."
        problems.add((*place, "limit"), message, f'Write "{value:g} %" if you mean percent.')
    if isinstance(limit, str) and _percent(limit) >= 100:
        problems.add((*place, "limit"), f"The limit {limit} can never be broken.", "Write less than 100 %.")


def _percent(text: str) -> float:
    try:
        return float(text.rstrip("% "))
    except ValueError:
        return 0.0


def _one_service(document: Any, place: Path, problems: Problems) -> None:
    services = {look.text(change, "service") for _, change in look.entries(document, "changes")}
    if len(services - {None}) > 1:
        message = "The plan changes several services, and the gate does not say which one it measures."
        problems.add((*place, "service"), message, "Add `service` to its settings.")


def _checklist(gate: look.Given, path: Path, problems: Problems) -> None:
    seen: set[str] = set()
    for place, item in look.items(look.section(gate, "settings"), "items", (*path, "settings")):
        name = item if isinstance(item, str) else look.text(item, "name") if isinstance(item, dict) else None
        if name and name in seen:
            problems.add(place, f"{name} stands twice in the checklist.", "Remove one.")
        if name:
            seen.add(name)
