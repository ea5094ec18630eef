"""The one way to check a document: everything that is wrong with it, and the plan when nothing is."""

from dataclasses import dataclass
from typing import Any

from rollouts.lib.documents import canonical
from rollouts.lib.documents.problems import Problem, Problems, Severity
from rollouts.lib.documents.source import YAML, parse
from rollouts.plans.document import published
from rollouts.plans.document.checks import (
    budget,
    contract,
    evidence,
    gates,
    names,
    signals,
    stages,
    times,
    transitions,
)
from rollouts.plans.document.checks import facts as outside
from rollouts.plans.document.checks.facts import NOTHING_KNOWN, Facts
from rollouts.plans.document.plan import Plan
from rollouts.plans.document.reading import read

PLAIN_WORDS = {"on_halt": frozenset({"off"})}
"""`on_halt: off` has one meaning, although `off` alone has two."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `plan` and `digest` are there exactly when no error was."""

    document: Any
    problems: tuple[Problem, ...]
    plan: Plan | None = None
    digest: str | None = None

    @property
    def errors(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        return tuple(one for one in self.problems if one.severity is Severity.WARNING)

    @property
    def sound(self) -> bool:
        return self.plan is not None


def check(source: bytes, media_type: str = YAML, facts: Facts = NOTHING_KNOWN) -> Checked:
    """Reads `source` and checks it against the schema, itself and `facts`. Never raises for bad input."""
    parsed = parse(source, media_type, plain=PLAIN_WORDS)
    problems = Problems(parsed.marks).extend(parsed.problems)
    if parsed.value is None and parsed.problems:
        return Checked(None, problems.sorted())
    published.shape().check(parsed.value, parsed.marks, problems)
    if isinstance(parsed.value, dict):
        names.check(parsed.value, problems)
        stages.check(parsed.value, problems)
        times.check(parsed.value, problems)
        gates.check(parsed.value, problems, kinds=facts.gate_kinds, judges=facts.judges)
        budget.check(parsed.value, problems, facts.slos)
        outside.check(parsed.value, problems, facts)
        transitions.check(parsed.value, problems, facts)
        signals.check(parsed.value, problems, facts)
        contract.check(parsed.value, problems, facts)
        evidence.check(parsed.value, problems, facts)
    found = problems.sorted()
    if any(one.severity is Severity.ERROR for one in found):
        return Checked(parsed.value, found)
    document: Any = parsed.value
    return Checked(document, found, read(document), canonical.digest(document))
