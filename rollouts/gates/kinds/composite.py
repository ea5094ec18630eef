"""The kind `composite`: the verdicts of other gates on the same side of the stage, combined into one."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from rollouts.gates import judging
from rollouts.gates.judges.combining import Combination, Combined, Importance, Part, combine
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.judges.words import percent
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.plans.document.composite import CompositeSettings


class Composite:
    """Judges its parts by their own kinds, on the rows as they stand, so that both say the same."""

    name = "composite"
    measured = True

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        beside = _beside(gates)
        wanted = {part.pk: part for parts in beside.values() for part in parts.values()}
        said = judging.rule(list(wanted.values()), context)
        return {gate.pk: Ruling(_opinion(gate, beside[gate.pk], said)) for gate in gates}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """Its parts' own times are looked at with them."""
        return ()


def _beside(gates: Collection[Gate]) -> Mapping[int, dict[str, Gate]]:
    """The parts of each gate by their names; one query."""
    rows: defaultdict[tuple[int, str], dict[str, Gate]] = defaultdict(dict)
    present = Gate.objects.present().filter(stage__in={gate.stage_id for gate in gates})
    for row in present.exclude(kind=Composite.name).select_related("stage").order_by("pk"):
        rows[row.stage_id, row.position][row.name] = row
    return {
        gate.pk: {
            name: found
            for name in (part.gate for part in _settings(gate).parts)
            if (found := rows[gate.stage_id, gate.position].get(name))
        }
        for gate in gates
    }


def _settings(gate: Gate) -> CompositeSettings:
    return CompositeSettings.read(gate.settings)


def _opinion(gate: Gate, beside: Mapping[str, Gate], said: Mapping[int, Ruling]) -> Opinion:
    settings = _settings(gate)
    missing = sorted({part.gate for part in settings.parts} - beside.keys())
    if missing:
        return Opinion(Word.INCONCLUSIVE, f"There is no gate named “{missing[0]}” beside it.")
    opinions = {name: said[row.pk].opinion for name, row in beside.items()}
    parts = [
        Part(part.gate, opinions[part.gate].word, Importance(part.importance), part.weight)
        for part in settings.parts
    ]
    whole = combine(parts, Combination(settings.combination), settings.pass_mark)
    evidence: dict[str, Any] = {
        "combination": settings.combination,
        "pass_mark": settings.pass_mark,
        "share": whole.share,
        "because": list(whole.because),
        "parts": [
            {
                "gate": part.name,
                "title": beside[part.name].title,
                "importance": part.importance.value,
                "weight": part.weight,
                "word": part.word.value,
                "sentence": opinions[part.name].sentence,
            }
            for part in parts
        ],
    }
    return Opinion(whole.word, _sentence(settings, parts, whole, beside), evidence, _warns(whole, opinions))


def _warns(whole: Combined, opinions: Mapping[str, Opinion]) -> bool:
    return whole.word is Word.PASS and any(opinions[name].warning for name in whole.because)


def _sentence(
    settings: CompositeSettings, parts: Collection[Part], whole: Combined, beside: Mapping[str, Gate]
) -> str:
    passing = sum(part.word is Word.PASS for part in parts)
    said = f"{passing} of {len(parts)} parts pass"
    if settings.combination == Combination.WEIGHTED.value:
        said += f", {percent(whole.share)} of the weight where {percent(settings.pass_mark)} are needed"
    if whole.word is Word.PASS:
        return f"{said}."
    words = {part.name: part.word.label.lower() for part in parts}
    because = "; ".join(f"“{beside[name].title}” ({words[name]})" for name in whole.because)
    return f"{said}. Decided by {because}." if because else f"{said}. No part of it binds."
