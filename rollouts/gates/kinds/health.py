"""The kind `health`: composite health of the changed services, all that call them, and what they call."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.judges.words import percent
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Position, Word
from rollouts.health import queries as health

STALE_AFTER = timedelta(minutes=5)
"""A graph is worked out once a window; an older one says nothing."""
WORDS = {"fail": Word.FAIL, "inconclusive": Word.INCONCLUSIVE, "warn": Word.PASS, "pass": Word.PASS}


class Health:
    """Two queries for each rollout: the graph of its environment, and what failed before the stage."""

    name = "health"
    measured = True

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        return {gate.pk: Ruling(_opinion(gate, context)) for gate in gates}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """It turns with the windows of the services; silence has its time."""
        if gate.no_data_since_at is None:
            return ()
        return [at for at in (gate.no_data_since_at + gate.no_data_after,) if at > context.now]


def _opinion(gate: Gate, context: Context) -> Opinion:
    changes = [
        change
        for change in context.changes.get(gate.rollout_id, [])
        if change.name in gate.settings.get("targets", ())
    ]
    if not changes:
        return Opinion(Word.INCONCLUSIVE, "No change of the stage has a service that could be looked at.")
    services = {change.service.slug for change in changes}
    standing = health.composite(services, changes[0].environment.slug, since=gate.stage.entered_at)
    if standing is None or context.now - standing.through_at > STALE_AFTER:
        return Opinion(Word.NO_DATA, "Nothing was measured lately of these services and their callers.")
    said = standing.said
    names = ", ".join(node.service for node in standing.deciding)
    evidence = {
        "score": said.score,
        "coverage": said.coverage,
        "because": list(said.because),
        "before": None if standing.before is None else list(standing.before),
        "services": len(standing.nodes),
    }
    score = "unknown" if said.score is None else percent(said.score)
    scope = f"{len(standing.nodes)} services: health {score}, {percent(said.coverage)} of the weight known"
    word = WORDS[said.judgement.value]
    before = set(standing.before or ())
    if word is Word.FAIL and gate.position == Position.EXIT and said.because and set(said.because) <= before:
        sentence = f"{scope}. Failing since before the stage, and not held against it: {names}."
        return Opinion(Word.INCONCLUSIVE, sentence, evidence)
    return Opinion(
        word, f"{scope}{f'. Decided by {names}' if names else ''}.", evidence, said.judgement.value == "warn"
    )
