"""The kind `approval`: what the votes on entering a stage add up to."""

from collections.abc import Collection, Mapping
from datetime import datetime

from rollouts.approvals.queries import request_for, request_outcome
from rollouts.approvals.values import Standing
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Position, Word

WORDS = {
    Standing.FILLED: Word.PASS,
    Standing.OPEN: Word.PENDING,
    Standing.EXPIRED: Word.PENDING,
    Standing.REJECTED: Word.FAIL,
}


class Approval:
    """For pages only: the machine counts the votes itself, under the lock."""

    name = "approval"
    measured = False

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        return {gate.pk: Ruling(self._opinion(gate, context)) for gate in gates}

    def _opinion(self, gate: Gate, context: Context) -> Opinion:
        # Leaving one stage is entering the next.
        stage = gate.stage.number + (1 if gate.position == Position.EXIT else 0)
        request = request_for(context.rollout(gate), stage=stage, gate=gate.name)
        if request is None:
            return Opinion(Word.PENDING, "Nobody was asked yet.")
        found = request_outcome(request, now=context.now)
        evidence = {"approvals": found.approvals, "quorum": found.quorum, "request": request.pk}
        return Opinion(WORDS[found.standing], found.sentence, evidence)

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """Expiries are the requests' own."""
        return ()
