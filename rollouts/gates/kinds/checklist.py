"""The kind `checklist`: passes when people said of every item that it is done."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import ChecklistTick, Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.plans.document.gate import ChecklistItem


class Checklist:
    """Ticks are kept by the item's name, so that a new wording keeps them."""

    name = "checklist"
    measured = False

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        ticked: defaultdict[int, set[str]] = defaultdict(set)
        for gate_id, item in ChecklistTick.objects.filter(gate__in=gates).values_list("gate_id", "item"):
            ticked[gate_id].add(item)
        return {gate.pk: Ruling(opinion(items_of(gate), ticked[gate.pk])) for gate in gates}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """The clock changes nothing here."""
        return ()


def items_of(gate: Gate) -> tuple[ChecklistItem, ...]:
    """The items that the plan in force wants."""
    return ChecklistItem.read_all(gate.settings)


def opinion(items: Collection[ChecklistItem], ticked: Collection[str]) -> Opinion:
    """What is done and what is left."""
    left = [item for item in items if item.name not in ticked]
    done = len(items) - len(left)
    evidence = {"done": done, "of": len(items), "left": [item.name for item in left]}
    if not left:
        return Opinion(Word.PASS, f"All {len(items)} items are done.", evidence)
    titles = "; ".join(item.title for item in left)
    return Opinion(Word.PENDING, f"{done} of {len(items)} items are done. Left: {titles}.", evidence)
