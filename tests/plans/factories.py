"""Plan documents for tests: small, sound, and changed by keyword."""

import copy
import json
from typing import Any

from rollouts.lib.documents.source import JSON, YAML
from rollouts.plans.document.check import Checked, check
from rollouts.plans.document.checks.facts import NOTHING_KNOWN, Facts
from rollouts.plans.document.plan import Plan

SMALL: dict[str, Any] = {
    "apiVersion": "gatehouse/v1",
    "kind": "Plan",
    "name": "orders-v3",
    "title": "Orders v3",
    "environment": "production",
    "owner": {"team": "orders", "person": "sofia@fernhill.example"},
    "changes": [{"service": "orders", "from": "2.4.0", "to": "3.0.0", "flag": "orders-v3"}],
    "stages": [
        {"name": "canary", "exposure": {"percent": 10}, "bake": "30s"},
        {"name": "all", "exposure": {"percent": 100}, "bake": "1m"},
    ],
    "rollback": {"steps": ["Flag off."]},
}

ERRORS_GATE: dict[str, Any] = {
    "name": "errors",
    "kind": "metric",
    "settings": {"signal": "errors", "limit": "2 %"},
}


def document(**changed: Any) -> dict[str, Any]:
    """A sound document with these keys of the top replaced; None removes one."""
    made = copy.deepcopy(SMALL) | changed
    return {key: value for key, value in made.items() if value is not None}


def with_stage(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A document in which one stage, counted from 1, has these keys."""
    made = document()
    made["stages"][number - 1].update(changed)
    return made


def with_gate(**changed: Any) -> dict[str, Any]:
    """A document whose first stage has the errors gate with these keys."""
    return with_stage(gates={"exit": [copy.deepcopy(ERRORS_GATE) | changed]})


def checked(made: Any, facts: Facts = NOTHING_KNOWN) -> Checked:
    return check(json.dumps(made).encode(), JSON, facts)


def checked_yaml(text: str, facts: Facts = NOTHING_KNOWN) -> Checked:
    return check(text.encode(), YAML, facts)


def plan(made: Any | None = None) -> Plan:
    """The plan of a document that must be sound."""
    found = checked(document() if made is None else made)
    assert found.plan is not None, [str(problem) for problem in found.problems]
    return found.plan


def complaints(made: Any, facts: Facts = NOTHING_KNOWN) -> dict[str, str]:
    """Errors by path: message and remedy."""
    return {one.path: f"{one.message} {one.remedy}" for one in checked(made, facts).errors}
