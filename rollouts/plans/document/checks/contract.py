"""Contract gates: the contract and its version exist, and the question fits its settings."""

from typing import Any

from rollouts.lib.documents.problems import Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.document.checks.names import unknown
from rollouts.plans.document.contract import RETIRE


def check(document: Any, problems: Problems, facts: Facts) -> None:
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") != "contract":
            continue
        settings, place = look.section(gate, "settings"), (*path, "settings")
        retires = look.text(settings, "question") == RETIRE
        if retires and "old_stays" in settings:
            message = "old_stays does nothing when it is asked whether the version can be retired."
            problems.warn((*place, "old_stays"), message, "Remove it, or ask `question: promote`.")
        contract, version = look.text(settings, "contract"), look.text(settings, "version")
        if contract is None or version is None or facts.versions is None:
            continue
        known = facts.versions.get(contract, frozenset())
        if facts.contracts is not None and contract not in facts.contracts or version in known:
            continue
        message, remedy = unknown(version, f"version of {contract}", known)
        if retires:
            problems.add((*place, "version"), message, remedy)
        else:
            problems.warn(
                (*place, "version"), message, f"{remedy} Until it is there the gate is inconclusive."
            )
