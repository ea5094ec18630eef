"""Evidence gates: what the kind needs is named, what it does not look at is not, and the version exists."""

from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.document.checks.names import unknown
from rollouts.plans.document.evidence import CONTRACT_TEST, DEFAULT_WITHIN, FLAGS, OF_ROLLOUT


def check(document: Any, problems: Problems, facts: Facts) -> None:
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") == "evidence":
            _named(look.section(gate, "settings"), (*path, "settings"), problems)
            _known(look.section(gate, "settings"), (*path, "settings"), problems, facts)


def _named(settings: look.Given, path: Path, problems: Problems) -> None:
    kind = look.text(settings, "kind")
    contract, version = look.text(settings, "contract"), look.text(settings, "version")
    if kind == CONTRACT_TEST and not contract and not problems.at((*path, "contract")):
        problems.add(path, "A contract test is of a contract.", "Name `contract` and `version`.")
    elif contract and not version:
        problems.add(path, "It says no version of the contract.", "Name it as `version`, in quotes.")
    elif version and not contract:
        problems.add((*path, "version"), "A version is one of a contract.", "Name the `contract` too.")
    if kind == FLAGS and "flags" not in settings:
        problems.add(path, "It says no combination of flags.", "Name each that has to be tried in `flags`.")
    if kind in OF_ROLLOUT and "consumers" in settings:
        message = f"consumers does nothing for {'a drill' if kind == 'drill' else 'an integration review'}."
        problems.warn((*path, "consumers"), message, "Remove it: it is about the rollout.")
    within = look.length(settings, "within")
    if within is not None and within > DEFAULT_WITHIN:
        message = "A result that names no end counts for 14 days, whatever stands here."
        problems.warn((*path, "within"), message, "Send results with `expires_at`, or ask for fresher ones.")


def _known(settings: look.Given, path: Path, problems: Problems, facts: Facts) -> None:
    contract, version = look.text(settings, "contract"), look.text(settings, "version")
    if contract is None or version is None or facts.versions is None or facts.contracts is None:
        return
    known = facts.versions.get(contract, frozenset())
    if contract in facts.contracts and version not in known:
        message, remedy = unknown(version, f"version of {contract}", known)
        remedy = f"{remedy} Until it is there no result about it can be sent."
        problems.warn((*path, "version"), message, remedy)
