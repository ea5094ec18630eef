"""The plan's error budget: shares that make sense, SLOs that exist and are about what changes."""

from collections.abc import Mapping
from typing import Any

from rollouts.lib.documents.problems import Problems
from rollouts.plans.document.budget import GATE, KIND
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.names import unknown

Slos = Mapping[str, tuple[str, str]]
"""Names of SLOs, with the service and the environment that each is about."""


def check(document: Any, problems: Problems, slos: Slos | None) -> None:
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") == KIND:
            message = "Gates on the whole rollout's error budget are made by the plan itself."
            problems.add((*path, "kind"), message, 'Write `error_budget: {burn: "5 %"}` beside `stages`.')
    given = look.section(document, "error_budget")
    if not given:
        return
    for key in ("burn", "left"):
        share = _share(given.get(key))
        if share is not None and not 0 < share <= 1:
            message = f"{key} is a share of the error budget, above 0 and at most 100 %."
            problems.add(("error_budget", key), message, f'Write `{key}: "5 %"`, say.')
    for path, gate in look.all_gates(document):
        if look.text(gate, "name") == GATE:
            message = f"{GATE} is the name of the gate that `error_budget` makes before each stage."
            problems.add((*path, "name"), message, "Give this one another name.")
    if slos is not None:
        _known(document, given, problems, slos)


def _share(given: Any) -> float | None:
    if isinstance(given, str):
        try:
            return float(given.rstrip("% ")) / 100
        except ValueError:
            return None
    return float(given) if isinstance(given, int | float) and not isinstance(given, bool) else None


def _known(document: Any, given: look.Given, problems: Problems, slos: Slos) -> None:
    usual = look.text(document, "environment") or ""
    changed = {
        (look.text(change, "service") or "", look.text(change, "environment") or usual)
        for _path, change in look.entries(document, "changes")
    }
    named = list(look.texts(given, "slos", ("error_budget",)))
    for path, name in named:
        if name not in slos:
            problems.add(path, *unknown(name, "SLO", slos))
        elif slos[name] not in changed:
            service, environment = slos[name]
            message = f"The SLO {name} is about {service} in {environment}, which the plan does not change."
            problems.add(path, message, "Name one of a service that changes, or leave `slos` out.")
    if not named and not changed & set(slos.values()):
        message = "No changed service has an SLO here: no stage would be entered."
        problems.warn(("error_budget",), message, "Declare an SLO for one, or remove `error_budget`.")
