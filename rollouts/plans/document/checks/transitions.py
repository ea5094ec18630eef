"""The versions of its contract between which a change moves."""

from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.document.checks.names import unknown

SIDES = ("contract_from", "contract_to")


def check(document: Any, problems: Problems, facts: Facts) -> None:
    for path, change in look.entries(document, "changes"):
        contract = look.text(change, "contract")
        given = {side: version for side in SIDES if (version := look.text(change, side))}
        if not contract:
            for side in given:
                message = "This is a version of a contract, and the change names none."
                problems.add((*path, side), message, "Write `contract:` with its slug, or remove this.")
            continue
        if len(given) == 2 and given["contract_from"] == given["contract_to"]:
            message = f"From {given['contract_from']} to the same version, {contract} does not move."
            problems.add((*path, "contract_to"), message, "Name the version that it moves to.")
        _known(path, contract, given, problems, facts)


def _known(path: Path, contract: str, given: dict[str, str], problems: Problems, facts: Facts) -> None:
    """What it moves from has to be there; what it moves to may come later, and is not compared until then."""
    if facts.versions is None or contract not in (facts.contracts or ()):
        return
    versions = facts.versions.get(contract, frozenset())
    for side, version in given.items():
        if version in versions:
            continue
        message, remedy = unknown(version, f"version of {contract}", versions)
        if side == "contract_from":
            problems.add((*path, side), message, remedy)
        else:
            problems.warn((*path, side), message, f"{remedy} The order is not checked without its document.")
