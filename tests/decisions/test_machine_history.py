"""Long histories of many people, verdicts and clocks: what must hold after every single step."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from rollouts.decisions.machine.decide import weigh
from rollouts.decisions.machine.duty import duty
from rollouts.decisions.machine.evidence import evidence
from rollouts.decisions.machine.openings import freezes, on_entering, on_leaving, on_resuming, on_skipping
from rollouts.decisions.machine.replay import States, rebuild
from rollouts.decisions.machine.snapshot import FreezeSeen, GateSeen, StageSeen
from rollouts.decisions.machine.values import Action, Command, Evidence, Measured, Refused
from rollouts.gates.values import OnFail, Position, Then, Word
from rollouts.plans.values import Advance, OnHalt, OnOverdue, RevisionState, RolloutState, StageState
from tests.decisions.rules import check_snapshot, check_step
from tests.decisions.world import DELEGATORS, RIGHTS, Step, World

PEOPLE = st.sampled_from([name for name in RIGHTS if name != "system"])
NUMBERS = st.one_of(st.none(), st.integers(1, 4))
WORDS = st.sampled_from([Word.PASS, Word.PASS, Word.PASS, *Word])
# What takes a rollout on, the furthest first: of these, the first that is possible is done.
AHEAD = (
    ("quin", Action.COMPLETE),
    ("pia", Action.PROMOTE),
    ("system", Action.BAKE_STARTED),
    ("ann", Action.START),
    ("pia", Action.APPROVE),
    ("fay", Action.APPROVE),
    ("ann", Action.PROPOSE),
)


@st.composite
def plans(draw: st.DrawFn) -> tuple[StageSeen, ...]:
    """One to three stages with a metric gate each, some with an approval, some automatic."""
    return tuple(draw(_stage(number)) for number in range(1, draw(st.integers(1, 3)) + 1))


@st.composite
def _stage(draw: st.DrawFn, number: int) -> StageSeen:
    more = timedelta(minutes=draw(st.sampled_from([5, 30])))
    errors = GateSeen(
        "errors",
        Word.PASS,
        on_fail=draw(st.sampled_from(OnFail)),
        observe=draw(st.integers(0, 5)) == 0,
        on_no_data=draw(st.sampled_from([Then.HOLD, Then.HOLD, Then.EXTEND, Then.ASK, Then.HALT])),
        no_data_extend=more,
        on_inconclusive=draw(st.sampled_from(Then)),
        inconclusive_after=timedelta(minutes=draw(st.sampled_from([0, 5]))),
        inconclusive_extend=more,
    )
    gates: tuple[GateSeen, ...] = (
        errors,
        GateSeen("drill", Word.PASS, Position.ENTRY, kind="evidence", on_fail=OnFail.ASK),
    )
    if draw(st.booleans()):
        gates += (GateSeen("go", Word.PENDING, Position.ENTRY, kind="approval", on_fail=OnFail.ASK),)
    return StageSeen(
        number,
        f"step {number}",
        gates=gates,
        on_halt=draw(st.sampled_from(OnHalt)),
        advance=draw(st.sampled_from(Advance)),
        on_overdue=draw(st.sampled_from(OnOverdue)),
        bake=timedelta(minutes=draw(st.sampled_from([0, 10]))),
    )


class Histories(RuleBasedStateMachine):
    """People who ask for anything, a system that does its duty, and a world that changes."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.looked: Evidence | None = None

    @initialize(plan=plans(), steps=st.integers(0, 16))
    def begin(self, plan: tuple[StageSeen, ...], steps: int) -> None:
        """Histories begin anywhere between a first draft and a rollout well under way."""
        self.plan, self.steps, self.idle = plan, steps, 0
        self.world, self.reviews, self.looked = World(), 0, None
        self.asks("ann", Command(Action.SAVE, revision=1), plan)
        self.goes_on_as_planned(steps, to_the_end=False)

    def renew(self) -> None:
        """A rollout that has ended for a while makes way for the next."""
        if self.idle > 20:
            self.begin(self.plan[:-1] or self.plan, self.steps)

    def asks(self, person: str, command: Command, plan: tuple[StageSeen, ...] = ()) -> Step | None:
        """Asks, and checks the answer: a refusal explains itself and changes nothing."""
        self.idle += self.world.seen.state.ended
        before, seen = self.world.seen, self.world.view(person)
        expected = weigh(seen, command)
        assert weigh(seen, command) == expected or isinstance(expected, Refused)
        try:
            step = self.world.ask(person, command, plan)
        except Refused as answer:
            refused = answer
        else:
            check_step(step)
            self.reviews += step.moved.opens_review is not None
            return step
        assert self.world.seen is before
        assert refused.code
        assert refused.sentence.endswith(".")
        assert refused.remedy.endswith(".")
        return None

    # --- people ------------------------------------------------------------------------------------

    @rule(steps=st.integers(1, 4), to_the_end=st.sampled_from([False, False, False, True]))
    def goes_on_as_planned(self, steps: int, to_the_end: bool) -> None:
        self.renew()
        for _ in range(steps):
            self.world.bake()
            self.does_its_duty()
            any(self.asks(person, self.command_for(action)) for person, action in AHEAD[not to_the_end :])

    def command_for(self, action: Action) -> Command:
        """Votes are about the proposal, or else about the next stage."""
        seen = self.world.seen
        asks = action in (Action.APPROVE, Action.REJECT, Action.APPROVE_AND_PROMOTE)
        number = seen.upcoming.number if seen.upcoming else None
        about_stage = asks and seen.newest(RevisionState.PROPOSED) is None
        return Command(action, number if about_stage else None, reason="because")

    @rule(
        person=PEOPLE,
        action=st.sampled_from([each for each in Action if each is not Action.SAVE]),
        stage=NUMBERS,
        reason=st.sampled_from(["", "because"]),
        unmeasured=st.booleans(),
        stale=st.booleans(),
    )
    def anybody_asks_for_anything(
        self, person: str, action: Action, stage: int | None, reason: str, unmeasured: bool, stale: bool
    ) -> None:
        seen = self.looked if stale else None
        command = Command(
            action, stage, reason=reason, remaining="some", unmeasured=unmeasured, gate="errors", seen=seen
        )
        self.asks(person, command)

    @rule(
        person=PEOPLE,
        action=st.sampled_from([Action.APPROVE, Action.APPROVE, Action.APPROVE_AND_PROMOTE, Action.REJECT]),
    )
    def somebody_votes(self, person: str, action: Action) -> None:
        for principal in (None, *DELEGATORS.get(person, ())):
            self.asks(person, replace(self.command_for(action), on_behalf_of=principal))

    @rule(
        person=st.sampled_from(["bea", "bea", "bea", "pia"]),
        action=st.sampled_from([Action.PROMOTE, Action.RESUME, Action.COMPLETE, Action.SKIP]),
        drop=st.integers(0, 9),
    )
    def somebody_breaks_the_glass(self, person: str, action: Action, drop: int) -> None:
        names = tuple(dict.fromkeys(each.name for each in self.open_for(action)))
        given = names[1:] if drop == 0 else names
        self.asks(person, Command(action, reason="because", override=given))

    def open_for(self, action: Action) -> list[Any]:
        seen = self.world.view("bea")
        current, upcoming = seen.current, seen.upcoming
        if action is Action.SKIP:
            return on_skipping(seen, upcoming) if upcoming else []
        if current is None:
            return []
        if action is Action.RESUME:
            frozen = seen.state is RolloutState.HALTED and seen.granted != current.number
            return on_resuming(seen, current) + (freezes(seen) if frozen else [])
        found = on_leaving(seen, current)
        return found + on_entering(seen, upcoming) + freezes(seen) if upcoming else found

    def kept(self) -> tuple[StageSeen, ...]:
        """The settled stages as the revision in force has them, which a useful draft leaves alone."""
        governing = self.world.seen.newest(RevisionState.IN_FORCE)
        settled = [each for each in self.world.seen.stages if each.state is not StageState.PENDING]
        return governing.stages[: len(settled)] if governing else ()

    @rule(
        person=st.sampled_from(["ann", "quin"]), plan=plans(), number=st.integers(2, 4), careful=st.booleans()
    )
    def somebody_saves_a_draft(
        self, person: str, plan: tuple[StageSeen, ...], number: int, careful: bool
    ) -> None:
        self.renew()
        before = self.world.seen
        plan = self.kept() + plan[len(self.kept()) :] if careful else plan
        if self.asks(person, Command(Action.SAVE, revision=number), plan) and before.state.begun:
            nothing: dict[str, Any] = {
                "revisions": (),
                "actor": "",
                "rights": (),
                "requests": (),
                "freezes": (),
            }
            assert replace(self.world.seen, **nothing) == replace(before, **nothing)
            assert [r.votes for r in self.world.seen.requests] == [r.votes for r in before.requests]

    @rule(
        action=st.sampled_from(
            [
                Action.HALT,
                Action.HOLD,
                Action.RESUME,
                Action.RESUME,
                Action.ROLL_BACK,
                Action.CONFIRM_ROLLED_BACK,
            ]
        ),
        reason=st.sampled_from(["", "because"]),
    )
    def somebody_is_careful(self, action: Action, reason: str) -> None:
        self.asks("quin", Command(action, reason=reason, unmeasured=True))

    # --- the system and the world --------------------------------------------------------------------

    @rule()
    def does_its_duty(self) -> None:
        """Every duty is accepted, and they come to an end."""
        for _ in range(12):
            command = duty(self.world.view("system"))
            if command is None:
                return
            assert self.asks("system", command) is not None
        raise AssertionError("The system is never done.")

    @precondition(lambda self: self.world.seen.stages)
    @rule(stage=st.integers(1, 3), name=st.sampled_from(["errors", "errors", "drill"]), word=WORDS)
    def a_verdict_changes(self, stage: int, name: str, word: Word) -> None:
        self.world.judge(stage, name, word)

    @rule(
        word=st.sampled_from([Word.FAIL, Word.NO_DATA, Word.INCONCLUSIVE]),
        minutes=st.sampled_from([0, 14, 16]),
    )
    def the_stage_under_way_goes_wrong(self, word: Word, minutes: int) -> None:
        if self.world.seen.current is not None:
            self.world.judge(self.world.seen.current.number, "errors", word)
            self.world.later(minutes)
            self.does_its_duty()

    @rule()
    def a_bake_ends(self) -> None:
        self.asks("system", Command(Action.BAKE_STARTED))
        self.world.bake()

    @rule(minutes=st.sampled_from([1, 1, 5, 16, 16, 400]))
    def time_passes(self, minutes: int) -> None:
        self.world.later(minutes)

    @rule(exposure=st.sampled_from(Measured))
    def exposure_is_measured(self, exposure: Measured) -> None:
        self.world.seen = replace(self.world.seen, exposure=exposure)

    @rule(kind=st.sampled_from(["none", "none", "plain", "absolute"]))
    def a_freeze_begins_or_ends(self, kind: str) -> None:
        freeze = FreezeSeen("year end", absolute=kind == "absolute")
        self.world.freeze(*(() if kind == "none" else (freeze,)))

    @rule()
    def somebody_looks(self) -> None:
        self.looked = evidence(self.world.seen)

    # --- what holds at any time ----------------------------------------------------------------------

    @invariant()
    def everything_fits(self) -> None:
        check_snapshot(self.world.seen)

    @invariant()
    def the_log_leads_to_the_same_states(self) -> None:
        assert States.of(self.world.seen).differences(rebuild(self.world.log)) == ()

    @invariant()
    def a_rollout_has_at_most_one_review(self) -> None:
        assert self.reviews == int(self.world.seen.has_review)

    @invariant()
    def whoever_may_halt_can_halt_whatever_was_seen(self) -> None:
        """Halt beats everything: from any moving state, however old the evidence."""
        if self.world.seen.state.moving:
            old = Evidence(revision=99, stages={1: StageState.SKIPPED}, words={})
            answer = weigh(self.world.view("dee"), Command(Action.HALT, seen=old))
            assert not isinstance(answer, Refused)
            assert answer.rollout is RolloutState.HALTED

    @invariant()
    def a_stopped_rollout_has_a_way_to_an_end(self) -> None:
        seen = self.world.view("quin")
        if seen.state in (RolloutState.HALTED, RolloutState.ROLLBACK_FAILED):
            close = Command(Action.CLOSE, reason="because", remaining="some")
            for command in (Command(Action.ROLL_BACK), close):
                assert not isinstance(weigh(seen, command), Refused)


Histories.TestCase.settings = settings(
    max_examples=int(os.environ.get("GATEHOUSE_HISTORIES", "300")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
test_histories = Histories.TestCase
