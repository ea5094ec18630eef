"""Judges a document before it is kept: which versions it has to agree with, and what they say."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rollouts.contracts.documents.comparing import Settings, compare_text
from rollouts.contracts.documents.models import Document
from rollouts.contracts.formats.values import Comparison
from rollouts.contracts.models import Contract, ContractVersion
from rollouts.contracts.values import Category, Format, Model, Policy
from rollouts.contracts.versioning.judging import Judged, compatible, directed, semantic
from rollouts.contracts.versioning.models import Rules
from rollouts.contracts.versioning.numbers import key
from rollouts.contracts.versioning.reading import rules_of

MOST = 20
"""Earlier versions that a transitive policy looks at, the newest first."""
BUDGET_S = 30
"""Of all comparisons for one document; what is not compared by then is not decided."""


@dataclass(frozen=True)
class Ruling:
    """What the rules say of one document. `compared`: with which documents, and what came of it."""

    judged: tuple[Judged, ...] = ()
    compared: tuple[tuple[Document, Comparison], ...] = ()

    @property
    def broken(self) -> list[str]:
        return [each.sentence for each in self.judged if each.holds is False]

    @property
    def open(self) -> list[str]:
        """What nobody could decide."""
        return [each.sentence for each in self.judged if each.holds is None]


def settings_of(contract: Contract, rules: Rules) -> Settings:
    """How documents of the contract are compared."""
    return Settings(Format(contract.format), Model(rules.model) is Model.OPEN, Category(rules.category))


def earlier(contract: Contract, version: str) -> list[ContractVersion]:
    """Versions with a document that come before this one and are served or to be, the newest first."""
    rows = contract.versions.filter(gone_at__isnull=True, documented__isnull=False).exclude(state="retired")
    found = [row for row in rows.select_related("documented__document") if key(row.version) < key(version)]
    return sorted(found, key=lambda row: key(row.version), reverse=True)


def rule(contract: Contract, version: str, text: str) -> Ruling:
    """What the rules of the contract say of this text as this version. It may take seconds."""
    rules = rules_of(contract)
    before = earlier(contract, version)
    if not before:
        return Ruling()
    settings = settings_of(contract, rules)
    wanted = before[:MOST] if rules.transitive else before[:1]
    until = time.monotonic() + BUDGET_S
    compared = [(row, _compared(row.documented.document, text, settings, until)) for row in wanted]
    judged = list(_policy(rules, settings, text, compared))
    if rules.semantic:
        row, comparison = compared[0]
        judged.append(semantic(row.version, version, comparison))
    # A comparison that was left out, or failed, is made when somebody looks at it.
    kept = ((row.documented.document, found) for row, found in compared if not found.error)
    return Ruling(tuple(judged), tuple(kept))


def _compared(old: Document, text: str, settings: Settings, until: float) -> Comparison:
    if time.monotonic() > until:
        return Comparison(error=f"the comparisons took longer than {BUDGET_S} s")
    return compare_text(old, text, settings)


def _policy(
    rules: Rules, settings: Settings, text: str, compared: Sequence[tuple[ContractVersion, Comparison]]
) -> Iterator[Judged]:
    policy = Policy(rules.policy)
    if policy is Policy.NONE:
        return
    for row, comparison in compared:
        reverse = None
        if policy is not Policy.BACKWARD and not directed(comparison) and not comparison.error:
            reverse = compare_text(row.documented.document, text, settings, backwards=True)
        holds = compatible(policy, comparison, reverse)
        yield Judged(holds, _sentence(policy, row.version, comparison, holds))


def _sentence(policy: Policy, version: str, comparison: Comparison, holds: bool | None) -> str:
    word = policy.label.lower()
    if holds is None:
        why = comparison.error.rstrip(".") or "part of it was not decided"
        return f"Whether it is {word} compatible with {version} cannot be said: {why}."
    if holds:
        return f"It is {word} compatible with {version}."
    first = next((each.sentence for each in comparison.differences), "")
    return f"It is not {word} compatible with {version}. {first}".strip()
