"""What stands open before a stage is entered, left or resumed: gates, bake, approvals, freezes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rollouts.approvals import quorum
from rollouts.approvals.values import Outcome, Standing
from rollouts.decisions.machine.snapshot import Clash, FreezeSeen, GateSeen, RequestSeen, Snapshot, StageSeen
from rollouts.decisions.machine.undecided import called_for
from rollouts.gates.values import OnFail, Position, Then, Word
from rollouts.plans.values import RevisionState, RolloutState, StageState

BAKE = "bake"
APPROVAL = "approval"

_WORDS = {
    Standing.FILLED: Word.PASS,
    Standing.OPEN: Word.PENDING,
    Standing.EXPIRED: Word.PENDING,
    Standing.REJECTED: Word.FAIL,
}


@dataclass(frozen=True)
class Opening:
    """One thing that has not passed: the name that an override must give, why, and what would close it."""

    code: str
    name: str
    sentence: str
    remedy: str
    request: str | None = None
    absolute: bool = False


def standing(seen: Snapshot, request: RequestSeen) -> Outcome:
    """What the votes on a request add up to now; none count once it asks about another document."""
    revision = seen.revision(request.revision)
    bound = revision is not None and revision.digest == request.digest
    return quorum.outcome(
        request.policy,
        request.votes if bound else (),
        authors=revision.authors if revision else frozenset(),
        opened_at=request.opened_at,
        now=seen.now,
    )


def word_of(seen: Snapshot, gate: GateSeen) -> Word:
    """A gate's word; an approval gate's follows the votes, and is pending while nobody was asked."""
    if gate.kind != APPROVAL:
        return gate.word
    asked = next((each for each in seen.requests if each.id == gate.request), None)
    return _WORDS[standing(seen, asked).standing] if asked else Word.PENDING


def binding(seen: Snapshot, gates: Iterable[GateSeen]) -> tuple[GateSeen, ...]:
    """The gates that bind: in a rollout or gate that only observes, none."""
    return tuple(gate for gate in gates if not gate.observe and not seen.observe)


def on_leaving(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """Exit gates that have not passed, approvals among them, and a bake that has not ended."""
    return _gates(seen, stage.at(Position.EXIT)) + _not_baked(stage)


def unready(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """What keeps the stage from being ready: all that keeps it from being left, but for approvals.

    An approval on leaving is one of entering what comes next: it waits for people, not for the stage.
    """
    return _gates(seen, judged(stage)) + _not_baked(stage)


def judged(stage: StageSeen) -> tuple[GateSeen, ...]:
    """The exit gates that look at the stage itself and can stop it: all but approvals."""
    return tuple(gate for gate in stage.at(Position.EXIT) if gate.kind != APPROVAL)


def _not_baked(stage: StageSeen) -> list[Opening]:
    found = []
    if not stage.baked and stage.state is not StageState.READY:
        found.append(Opening("baking", BAKE, f"the bake of {stage} has not ended", "let the bake end"))
    return found


def on_entering(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """Entry gates that have not passed, and approvals of this stage that no gate stands for."""
    return _gates(seen, stage.at(Position.ENTRY)) + _approvals(seen, stage)


def on_skipping(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """Every gate and approval of the stage that has not passed."""
    return _gates(seen, stage.gates) + _approvals(seen, stage)


def _gates(seen: Snapshot, gates: Sequence[GateSeen]) -> list[Opening]:
    return [
        gate_opening(gate, word)
        for gate in binding(seen, gates)
        if (word := word_of(seen, gate)) is not Word.PASS
    ]


def gate_opening(gate: GateSeen, word: Word) -> Opening:
    """A gate that has not passed. No data is its own reason, because it is not health."""
    if gate.kind == APPROVAL:
        remedy = "get it approved" if gate.request is not None else "let a planner ask for it again"
        return Opening("approvals", gate.name, f"“{gate.name}” is not given", remedy, gate.request)
    why = f" ({gate.because.rstrip('.')})" if gate.because else ""
    if word is Word.NO_DATA:
        return Opening(
            "no_data", gate.name, f"gate “{gate.name}” has no data{why}", f"let “{gate.name}” read again"
        )
    says = {Word.FAIL: "fails", Word.PENDING: "is pending"}.get(word, "is inconclusive")
    return Opening("gates", gate.name, f"gate “{gate.name}” {says}{why}", f"let “{gate.name}” pass")


def _approvals(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """Approvals of entering the stage that come from a policy and not from a gate of the plan."""
    by_gate = {gate.request for each in seen.stages for gate in each.gates}
    asked = [each for each in seen.requests if each.stage == stage.number and each.id not in by_gate]
    names = dict.fromkeys([*stage.approvals, *(each.name for each in asked)])
    return [found for name in names if (found := _approval(seen, name, asked)) is not None]


def _approval(seen: Snapshot, name: str, asked: Sequence[RequestSeen]) -> Opening | None:
    """The approval of this name as long as it is not given; None once it is."""
    request = next((each for each in asked if each.name == name), None)
    if request is None:
        remedy = "let a planner ask for it again"
        return Opening("approvals", name, f"“{name}” is wanted, and no request is open", remedy)
    found = standing(seen, request)
    if found.standing is Standing.FILLED:
        return None
    sentence = f"“{name}”: {found.sentence.rstrip('.')}"
    return Opening("approvals", name, sentence, "get it approved", request.id)


def freezes(seen: Snapshot) -> list[Opening]:
    """Freezes in force that do not yield to the actor as their owner; a quorum never lifts one."""
    return [_freeze(freeze) for freeze in seen.freezes if not freeze.owned]


def yielding(seen: Snapshot) -> tuple[str, ...]:
    """Names of the freezes that yield because the actor owns them."""
    return tuple(freeze.name for freeze in seen.freezes if freeze.owned)


def on_proposing(seen: Snapshot) -> list[Opening]:
    """Whom the order of the newest draft breaks, and which other rollouts it gets in the way of."""
    draft = seen.newest(RevisionState.DRAFT)
    return [_clash(each) for each in draft.clashes] if draft else []


def on_meeting(seen: Snapshot) -> list[Opening]:
    """Other rollouts that stand against entering the next stage."""
    return [_clash(each) for each in seen.clashes]


def _clash(clash: Clash) -> Opening:
    return Opening(clash.code, clash.name, clash.sentence, clash.remedy)


def _freeze(freeze: FreezeSeen) -> Opening:
    until = f" until {freeze.ends_at:%d %b %Y %H:%M %Z}" if freeze.ends_at else ""
    kind = "the absolute freeze" if freeze.absolute else "the freeze"
    owner = f" ({freeze.owner})" if freeze.owner else ""
    return Opening(
        "frozen",
        freeze.name,
        f"{kind} “{freeze.name}” is in force{until}",
        f"wait for its end or ask its owner{owner}",
        absolute=freeze.absolute,
    )


def stoppers(seen: Snapshot, stage: StageSeen) -> list[tuple[GateSeen, Word]]:
    """The gates for which the system would hold or halt the stage at this instant."""
    return [(gate, gate.word) for gate, then in called(seen, stage) if then in (Then.HALT, Then.HOLD)]


def called(seen: Snapshot, stage: StageSeen) -> list[tuple[GateSeen, Then]]:
    """What the stage's gates call for now: a halt, a hold, a longer bake, or a question to people."""
    return [
        (gate, then)
        for gate in binding(seen, judged(stage))
        if not gate.passed_over and not gate.silenced and (then := calls_for(seen, stage, gate)) is not None
    ]


def calls_for(seen: Snapshot, stage: StageSeen, gate: GateSeen) -> Then | None:
    """What one gate calls for by its word: a failure by `on_fail`, an undecided word by its policy."""
    if gate.word is Word.FAIL:
        return {OnFail.HALT: Then.HALT, OnFail.HOLD: Then.HOLD}.get(gate.on_fail)
    return called_for(seen, stage, gate)


def on_resuming(seen: Snapshot, stage: StageSeen) -> list[Opening]:
    """What speaks against going on with the stage.

    From a hold: what would stop it again at once. From a halt: every gate that fails or is silent,
    unless it is silent only because the halt took its traffic.
    """
    if seen.state is RolloutState.HELD:
        return [gate_opening(gate, word) for gate, word in stoppers(seen, stage)]
    return [
        gate_opening(gate, word)
        for gate in binding(seen, judged(stage))
        if not gate.silenced and (word := word_of(seen, gate)) in (Word.FAIL, Word.NO_DATA)
    ]
