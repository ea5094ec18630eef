"""Saves the rules of a contract's versions."""

from collections.abc import Mapping
from typing import Any

from rollouts.accounts.models import Person
from rollouts.audit.values import Face
from rollouts.catalog.registry import Outcome, What, entry_schema, write
from rollouts.catalog.services import NotAllowed, changing, check_shape
from rollouts.contracts import declaring
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import plans_for_service
from rollouts.contracts.values import Category, Model, Policy
from rollouts.contracts.versioning.models import Rules

SPAN = {"type": "integer", "minimum": 1, "maximum": 366}
RULES = entry_schema(
    {
        "policy": {"enum": [one.value for one in Policy], "description": "What a new version may do."},
        "transitive": {"type": "boolean", "description": "Against all versions that are not retired."},
        "model": {"enum": [one.value for one in Model], "description": "Whether undeclared fields are sent."},
        "category": {"enum": [one.value for one in Category], "description": "Buf's rules, for Protobuf."},
        "semantic": {"type": "boolean", "description": "Whether numbers follow semantic versioning."},
        "refuses": {"type": "boolean", "description": "Whether what breaks a rule is refused, or only told."},
        "deprecated_days": {
            "type": ["integer", "null"],
            "minimum": 1,
            "maximum": 3650,
            "description": "How many days a deprecated version stays at least.",
        },
        "evidence": {
            "type": "boolean",
            "description": "Whether tests of consumers are wanted, also where nothing breaks.",
        },
        "evidence_days": {**SPAN, "description": "How many days a result of tests counts."},
        "quiet_days": {
            **SPAN,
            "description": "How many days a version has to be without a call before it is retired.",
        },
    },
    [],
    "The rules of a contract's versions. What is left out is as it is without rules.",
)
DEFAULTS = {
    "policy": "none", "transitive": False, "model": "open", "category": "WIRE_JSON", "semantic": False,
    "refuses": False, "deprecated_days": None, "evidence": False, "evidence_days": 14, "quiet_days": 14,
}  # fmt: skip


def save_rules(*, contract: str, entry: Mapping[str, Any], by: Person, face: Face) -> Outcome:
    """Brings the rules to what the entry says. Documents that are there already are not judged again.

    Raises Unsound, NotAllowed and Contract.DoesNotExist.
    """
    check_shape(RULES, entry)
    with changing(by=by, face=face) as run:
        rows = Contract.objects.select_for_update(of=("self",)).select_related("provider")
        row = rows.get(slug=contract)
        if not plans_for_service(by, row.provider.slug):
            raise NotAllowed(f"You may not change what is declared about {row.name}.")
        found = Rules.objects.filter(contract=row).first() or Rules(contract=row)
        what, details = write(found, {**DEFAULTS, **entry})
        declaring.note(run, row, Outcome("contracts", f"{contract} rules", what, details))
    return run.outcomes[0] if run.outcomes else Outcome("contracts", contract, What.UNCHANGED)
