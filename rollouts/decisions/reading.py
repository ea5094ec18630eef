"""Reads what the machine sees of one rollout, under its lock or for a page."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles, on_call_teams
from rollouts.approvals.models import PLAN, Request
from rollouts.approvals.queries import delegators_of, open_requests, title, vote_value
from rollouts.approvals.quorum import teams_for
from rollouts.approvals.services import policy_from_json
from rollouts.audit.values import Actor
from rollouts.decisions import clashing
from rollouts.decisions.machine.snapshot import (
    Clash,
    FreezeSeen,
    GateSeen,
    RequestSeen,
    RevisionSeen,
    Snapshot,
    StageSeen,
)
from rollouts.decisions.machine.values import HoldCause, Measured, Right
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.gates.values import OnFail, Position, Then, Word
from rollouts.plans.document.budget import KIND
from rollouts.plans.document.plan import Plan, StagePlan, Who
from rollouts.plans.models import Revision, Rollout, Stage
from rollouts.plans.queries import freezes_in_force, owning_teams, plan_of
from rollouts.plans.values import (
    NOT_STARTED,
    Advance,
    OnHalt,
    OnOverdue,
    RevisionState,
    RolloutState,
    StageState,
)

Roles = dict[str, set[str]]
APPROVAL = "approval"
LIVING = (RevisionState.DRAFT, RevisionState.PROPOSED, RevisionState.APPROVED, RevisionState.IN_FORCE)


def snapshot(
    rollout: Rollout, actor: Actor, now: datetime, *, lock: bool = False, claim: bool = False
) -> Snapshot:
    """Everything that a decision on `rollout` by `actor` may depend on, read at `now`.

    With `lock` the actor's membership rows are held FOR SHARE; the rollout's row is the caller's to lock.
    With `claim` a stage may be entered now: see `clashing.on_entering`.
    """
    person = int(actor.id) if actor.kind == "person" else None
    may = _voters(person, now, lock=lock)
    roles: Roles = may.get(str(person), {})
    owning = owning_teams(rollout)
    revisions = _revisions(rollout)
    draft = None if actor.is_system else _newest_draft(revisions)
    plan = _governing_plan(revisions)
    requests = open_requests(rollout)
    gate_rows = _gates(rollout)
    stages = list(rollout.stages.order_by("number", "pk"))
    state = RolloutState(rollout.state)
    return Snapshot(
        now=now,
        state=state,
        actor=actor.id,
        actor_name=actor.name,
        rights=_rights(rollout, actor, person, roles, owning, plan),
        named_for=_named_for(gate_rows, requests, roles),
        stages=tuple(_stage(row, gate_rows, requests, now) for row in stages),
        revisions=tuple(
            _revision(
                row, rollout, revisions, clashes=clashing.of_draft(row, rollout, now) if row is draft else ()
            )
            for row in revisions
        ),
        requests=tuple(_request(row, may, owning) for row in requests),
        freezes=tuple(_freezes(rollout, roles, now)),
        clashes=clashing.on_entering(rollout, plan, stages, now, by_system=actor.is_system, claim=claim),
        granted=rollout.granted_stage,
        held_for=HoldCause(rollout.held_for) if rollout.held_for else None,
        rolling_back_since=rollout.rolling_back_at,
        rollback_expected=_rollback_expected(rollout, plan),
        exposure=_exposure(rollout, state, now),
        has_review=bool(rollout.review_cause),
        observe=_observes(plan, gate_rows),
        names=_absent(person, requests, now),
    )


def _observes(plan: Plan | None, gate_rows: dict[int, list[Gate]]) -> bool:
    """Whether the whole rollout binds nobody: its plan says so, and no gate of a stage under way does."""
    rows = [gate for gates in gate_rows.values() for gate in gates]
    return plan is not None and plan.observe and all(gate.observe for gate in rows)


def _exposure(rollout: Rollout, state: RolloutState, now: datetime) -> Measured:
    if state is not RolloutState.ROLLING_BACK:
        return Measured.NO_DATA
    return Measured(gates.measured_exposure(rollout, now=now))


def _revisions(rollout: Rollout) -> list[Revision]:
    """The revisions that can still govern, and the newest of the others so that refusals can name them."""
    return list(rollout.revisions.filter(state__in=[s.value for s in LIVING]).order_by("number"))


def _governing_plan(revisions: list[Revision]) -> Plan | None:
    order = [RevisionState.IN_FORCE, RevisionState.APPROVED, RevisionState.PROPOSED, RevisionState.DRAFT]
    for state in order:
        found = [row for row in revisions if row.state == state.value]
        if found:
            return plan_of(found[-1])
    return None


def _newest_draft(revisions: list[Revision]) -> Revision | None:
    """The draft that could be proposed, which the system never does."""
    return next((row for row in reversed(revisions) if row.state == RevisionState.DRAFT.value), None)


def _revision(
    row: Revision, rollout: Rollout, all_rows: list[Revision], *, clashes: tuple[Clash, ...]
) -> RevisionSeen:
    plan = plan_of(row)
    return RevisionSeen(
        number=row.number,
        state=RevisionState(row.state),
        digest=row.digest,
        authors=frozenset({row.author_ref}),
        stages=tuple(_planned(stage) for stage in plan.stages),
        alters=_altered(row, plan, rollout, all_rows),
        clashes=clashes,
    )


def _planned(stage: StagePlan) -> StageSeen:
    return StageSeen(
        number=stage.number,
        name=stage.title or stage.name,
        on_halt=stage.on_halt,
        advance=stage.advance,
        on_overdue=stage.on_overdue,
        baked=False,
        bake=stage.bake,
    )


def _altered(row: Revision, plan: Plan, rollout: Rollout, all_rows: list[Revision]) -> frozenset[int]:
    """Settled stages that the revision would have otherwise than the one in force."""
    in_force = next((each for each in all_rows if each.state == RevisionState.IN_FORCE.value), None)
    if in_force is None or row.pk == in_force.pk or RolloutState(rollout.state) in NOT_STARTED:
        return frozenset()
    governing = plan_of(in_force)
    settled = rollout.stages.exclude(state=StageState.PENDING).values_list("number", flat=True)
    return frozenset(number for number in settled if _stage_of(plan, number) != _stage_of(governing, number))


def _stage_of(plan: Plan, number: int) -> StagePlan | None:
    return plan.stages[number - 1] if number <= len(plan.stages) else None


def _gates(rollout: Rollout) -> dict[int, list[Gate]]:
    rows: dict[int, list[Gate]] = {}
    for gate in Gate.objects.present().filter(rollout=rollout).order_by("order", "pk"):
        rows.setdefault(gate.stage_id, []).append(gate)
    return rows


def _stage(row: Stage, gate_rows: dict[int, list[Gate]], requests: list[Request], now: datetime) -> StageSeen:
    mine = gate_rows.get(row.pk, [])
    return StageSeen(
        number=row.number,
        name=row.title or row.name,
        state=StageState(row.state),
        gates=tuple(_gate(gate, row.number, requests) for gate in mine),
        on_halt=OnHalt(row.on_halt),
        advance=Advance(row.advance),
        baked=_baked(row, mine, now),
        bake=row.bake or timedelta(),
        extended=row.extended,
        extended_until=row.extended_until_at,
        on_overdue=OnOverdue(row.on_overdue),
        overdue_at=row.overdue_at,
        overdue_said=row.overdue_said_at is not None,
    )


def _baked(row: Stage, mine: list[Gate], now: datetime) -> bool:
    """A bake with metric gates ends in the judging; any other by the clock."""
    if any(gate.kind == "metric" and gate.required and not gate.observe for gate in mine):
        return row.needed_windows > 0 and row.baked_windows >= row.needed_windows
    return row.bake_ends_at is not None and row.bake_ends_at <= now


def entered(stage: int, position: str) -> int:
    """The stage entered that an approval gate is about: leaving one stage is entering the next."""
    return stage + 1 if position == Position.EXIT.value else stage


def _gate(gate: Gate, stage: int, requests: list[Request]) -> GateSeen:
    asked = None
    if gate.kind == APPROVAL:
        about = entered(stage, gate.position)
        asked = next((r for r in requests if r.stage == about and r.gate == gate.name), None)
    return GateSeen(
        name=gate.name,
        word=Word(gate.verdict),
        position=Position(gate.position),
        kind=gate.kind,
        observe=gate.observe or not gate.required,
        on_fail=OnFail(gate.on_fail),
        silenced=gate.silenced,
        silent_since=gate.no_data_since_at,
        no_data_after=gate.no_data_after,
        on_no_data=Then(gate.on_no_data),
        no_data_extend=gate.no_data_extend,
        unclear_since=gate.changed_at if gate.verdict == Word.INCONCLUSIVE else None,
        inconclusive_after=gate.inconclusive_after,
        on_inconclusive=Then(gate.on_inconclusive),
        inconclusive_extend=gate.inconclusive_extend,
        asked=_said(gate, gate.asked_at),
        passed_over=_said(gate, gate.passed_over_at),
        request=str(asked.pk) if asked else None,
        title=gate.title,
        because=gate.sentence if gate.kind == KIND else "",
    )


def _said(gate: Gate, at: datetime | None) -> bool:
    """Whether that happened under this verdict: its word has not changed since."""
    return at is not None and (gate.changed_at is None or gate.changed_at <= at)


def _voters(person: int | None, now: datetime, *, lock: bool) -> dict[str, Roles]:
    """The roles of the actor and of those for whom the actor may vote, locked in the order of ids."""
    if person is None:
        return {}
    everybody = sorted({person, *delegators_of(person, now)})
    return {str(each): held_roles(each, lock=lock) for each in everybody}


def _request(row: Request, voters: dict[str, Roles], owning: set[str]) -> RequestSeen:
    policy = policy_from_json(row.policy)
    may_vote = {name: teams_for(policy, roles, owning=owning) for name, roles in voters.items()}
    return RequestSeen(
        id=str(row.pk),
        revision=row.revision.number,
        policy=policy,
        opened_at=row.opened_at,
        stage=None if row.stage == PLAN else row.stage,
        digest=row.digest,
        name=title(row),
        votes=tuple(vote_value(vote) for vote in row.votes.all()),
        may_vote=may_vote,
    )


def _absent(person: int | None, requests: list[Request], now: datetime) -> dict[str, str]:
    """The names of those for whom the person may vote, by id; where nothing is asked, nobody's."""
    if person is None or not requests:
        return {}
    rows = Person.objects.filter(pk__in=delegators_of(person, now))
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}


def _freezes(rollout: Rollout, roles: Roles, now: datetime) -> Iterable[FreezeSeen]:
    for freeze in freezes_in_force(rollout, now):
        owned = bool(roles.get(freeze.team.slug, set()) & {"approver", "admin"})
        yield FreezeSeen(
            name=freeze.name,
            absolute=freeze.absolute,
            owned=owned,
            ends_at=freeze.ends_at,
            owner=freeze.team.name,
        )


def _named_for(gate_rows: dict[int, list[Gate]], requests: list[Request], roles: Roles) -> frozenset[int]:
    """Stages for which an approval gate or a policy names a team in which the actor is an approver."""
    approving = {team for team, held in roles.items() if "approver" in held}
    found = set()
    for request in requests:
        policy = policy_from_json(request.policy)
        if request.stage != PLAN and approving & (policy.teams | policy.required_teams):
            found.add(request.stage)
    return frozenset(found)


def _rights(
    rollout: Rollout, actor: Actor, person: int | None, roles: Roles, owning: set[str], plan: Plan | None
) -> frozenset[Right]:
    if actor.is_system:
        return frozenset({Right.SYSTEM})
    if person is None:
        return frozenset()
    own = rollout.team.slug
    found = set()
    if any(roles.get(team) for team in owning | {own}) or on_call_teams(person) & owning:
        found.add(Right.MEMBER)
    if any("approver" in roles.get(team, ()) for team in owning):
        found.add(Right.APPROVER)
    if "planner" in roles.get(own, ()):
        found.add(Right.PLANNER)
    if any("breaker" in roles.get(team, ()) for team in owning | {own}):
        found.add(Right.BREAKER)
    if plan and _may_roll_back(_rollback_who(rollout, plan), roles, owning):
        found.add(Right.ROLLBACK)
    return frozenset(found)


def _current_plan_stage(rollout: Rollout, plan: Plan) -> StagePlan | None:
    return _stage_of(plan, rollout.stage) if rollout.stage else (plan.stages[0] if plan.stages else None)


def _rollback_who(rollout: Rollout, plan: Plan) -> Who:
    stage = _current_plan_stage(rollout, plan)
    return stage.rollback.who if stage else Who()


def _may_roll_back(who: Who, roles: Roles, owning: set[str]) -> bool:
    teams = set(who.teams) or owning
    return any(roles.get(team, set()) & set(who.roles) for team in teams)


def _rollback_expected(rollout: Rollout, plan: Plan | None) -> timedelta | None:
    stage = _current_plan_stage(rollout, plan) if plan else None
    return stage.rollback.expected_duration if stage else None
