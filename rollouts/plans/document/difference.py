"""What differs between two plans, in words; and between two sources, as text."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from rollouts.lib.documents.durations import spoken
from rollouts.plans.document.gate import GatePlan
from rollouts.plans.document.phrases import Facts, of_change, of_gate, of_plan, of_risk, of_stage
from rollouts.plans.document.plan import Plan, StagePlan

NONE = "none"


class Weight(StrEnum):
    """What a difference does to safety, as far as the values say."""

    RAISES_RISK = "raises_risk"
    LOWERS_RISK = "lowers_risk"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: where, what it was, what it is, and what that means.

    `governs` is true for what decides anything: exposure, gates, limits, bakes, rollback and
    the like; false for words.
    """

    where: str
    was: str
    now: str
    means: str
    governs: bool = True
    weight: Weight = Weight.NEUTRAL

    def __str__(self) -> str:
        return f"{self.where}: {self.was} → {self.now}" + (f" ({self.means})" if self.means else "")

    def as_json(self) -> dict[str, str | bool]:
        return {
            "where": self.where,
            "was": self.was,
            "now": self.now,
            "means": self.means,
            "governs": self.governs,
            "weight": self.weight.value,
        }


def differences(old: Plan, new: Plan) -> list[Difference]:
    """Every difference that a reader of the plan can meet. Equal plans have none."""
    found = list(_facts("Plan", of_plan(old), of_plan(new)))
    found += _changes(old, new)
    found += _stages(old, new)
    found += _risks(old, new)
    return found


def text_difference(old: str, new: str, *, old_name: str, new_name: str, context: int = 3) -> str:
    """A unified diff, empty when the texts are equal."""
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), old_name, new_name, n=context, lineterm=""
    )
    return "\n".join(lines)


def _facts(where: str, old: Facts, new: Facts) -> Iterator[Difference]:
    for label, fact in new.items():
        before = old.get(label)
        was = before.words if before else NONE
        if was != fact.words:
            weight, means = _compare(before.size if before else None, fact.size, fact.more_is_riskier)
            place = f"{where}, {label}" if label else where
            yield Difference(place, was or NONE, fact.words or NONE, means, fact.governs, weight)
    for label, fact in old.items():
        if label not in new and fact.words:
            place = f"{where}, {label}" if label else where
            yield Difference(place, fact.words, NONE, "", fact.governs)


def _compare(was: float | None, now: float | None, more_is_riskier: bool | None) -> tuple[Weight, str]:
    if was is None or now is None or more_is_riskier is None or was == now:
        return Weight.NEUTRAL, ""
    riskier = (now > was) is more_is_riskier
    return (Weight.RAISES_RISK, "Raises risk") if riskier else (Weight.LOWERS_RISK, "Lowers risk")


Named = TypeVar("Named")


def _pair(
    old: Iterable[Named], new: Iterable[Named], names: Mapping[int, str]
) -> Iterator[tuple[str, Named | None, Named | None]]:
    before = {names[id(one)]: one for one in old}
    after = {names[id(one)]: one for one in new}
    for name in (*after, *(name for name in before if name not in after)):
        yield name, before.get(name), after.get(name)


def _by_name(*groups: Sequence[Named], attribute: str = "name") -> dict[int, str]:
    return {id(one): str(getattr(one, attribute)) for group in groups for one in group}


def _changes(old: Plan, new: Plan) -> Iterator[Difference]:
    for name, before, after in _pair(old.changes, new.changes, _by_name(old.changes, new.changes)):
        where = f"Change {name}"
        if before and after:
            yield from _facts(where, of_change(before), of_change(after))
        else:
            yield _whole(where, before is None, "A further change", "This change is left out")


def _whole(where: str, added: bool, if_added: str, if_removed: str) -> Difference:
    was, now, means = (NONE, "added", if_added) if added else ("there", "removed", if_removed)
    return Difference(where, was, now, means)


def _stages(old: Plan, new: Plan) -> Iterator[Difference]:
    for name, before, after in _pair(old.stages, new.stages, _by_name(old.stages, new.stages)):
        number = after.number if after else before.number if before else 0
        where = f"Stage {number} {name}"
        if before and after:
            yield from _facts(where, of_stage(before), of_stage(after))
            yield from _gates(where, before, after)
        elif after:
            means = f"Grants {after.exposure.words()}, bakes {spoken(after.bake)}"
            yield Difference(where, NONE, "added", means)
        else:
            yield Difference(where, "there", "removed", "One step less", weight=Weight.RAISES_RISK)


def _gates(where: str, old: StagePlan, new: StagePlan) -> Iterator[Difference]:
    for side, before_gates, after_gates in (
        ("entry", old.entry, new.entry),
        ("exit", old.exit, new.exit),
    ):
        names = _by_name(before_gates, after_gates)
        for name, before, after in _pair(before_gates, after_gates, names):
            place = f"{where}, {side} gate {name}"
            if before and after:
                yield from _facts(place, of_gate(before), of_gate(after))
            elif after:
                yield Difference(place, NONE, "added", _bound(after), weight=_added(after))
            elif before:
                weight = Weight.RAISES_RISK if _binds(before) else Weight.NEUTRAL
                yield Difference(place, "there", "removed", "Nothing guards this any more", weight=weight)


def _binds(gate: GatePlan) -> bool:
    return gate.required and not gate.observe


def _bound(gate: GatePlan) -> str:
    return f"A {gate.kind} gate" if _binds(gate) else f"A {gate.kind} gate that binds nobody"


def _added(gate: GatePlan) -> Weight:
    return Weight.LOWERS_RISK if _binds(gate) else Weight.NEUTRAL


def _risks(old: Plan, new: Plan) -> Iterator[Difference]:
    names = _by_name(old.risks, new.risks, attribute="id")
    for name, before, after in _pair(old.risks, new.risks, names):
        if before and after:
            yield from _facts(f"Risk {name}", of_risk(before), of_risk(after))
        else:
            risk = after or before
            title = risk.title if risk else ""
            yield replace(_whole(f"Risk {name}", before is None, title, title), governs=False)
