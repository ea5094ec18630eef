"""What a decision will do, in words, before it is taken: the page that asks once."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.dashboard.parts import deciding
from rollouts.dashboard.parts.gates import gate_rows
from rollouts.dashboard.parts.rail import exposure_words
from rollouts.dashboard.standing import Standing
from rollouts.dashboard.values import Confirmation, GateRow
from rollouts.decisions import queries as decisions
from rollouts.decisions.queries import Action, Command, Refused
from rollouts.gates import queries as gates
from rollouts.plans.values import RevisionState

REASONED = frozenset({Action.REJECT, Action.CLOSE})
KEEPS = frozenset({Action.HALT, Action.HOLD})
EVIDENT = frozenset(
    {Action.APPROVE, Action.PROMOTE, Action.APPROVE_AND_PROMOTE, Action.COMPLETE, Action.RESUME}
)


def asked_of(standing: Standing, action: Action, given: dict[str, Any]) -> Command:
    """The command that the form stands for, from what its address or its fields say."""
    stage = given.get("stage") or deciding.stage_of(standing.seen, action)
    override = tuple(given.get("override") or ())
    if given.get("overrides") and not override:
        override = tuple(opening.name for opening in decisions.to_pass_over(standing.seen, action))
    proposed = standing.seen.newest(RevisionState.PROPOSED)
    votes = action in (Action.APPROVE, Action.REJECT) and stage is None
    return Command(
        action=action,
        stage=stage,
        revision=given.get("revision") or (proposed.number if votes and proposed else None),
        override=override,
        reason=given.get("reason") or "",
        remaining=given.get("remaining") or "",
        unmeasured=action is Action.CONFIRM_ROLLED_BACK and standing.seen.exposure == "no_data",
        on_behalf_of=deciding.on_behalf(standing.seen, action, stage),
    )


def confirmation(standing: Standing, command: Command, refused: Refused | None = None) -> Confirmation:
    """The confirmation of `command`; `refused` is what a try was answered with."""
    tried = Command(
        **{**command.__dict__, "reason": command.reason or "…", "remaining": command.remaining or "…"}
    )
    answer = standing.weigh(tried)
    problem = refused or (answer if isinstance(answer, Refused) else None)
    rows = evidence(standing, command)
    halting = command.action is Action.HALT
    return Confirmation(
        action=command.action.value,
        title=title(standing, command),
        effect=effect(standing, command),
        exposure=exposure(standing, command),
        way_back=deciding.way_back(standing) if command.action in GOING else "",
        told=told(standing, command),
        button=button(standing, command),
        look="halt" if halting or command.override else "go",
        icon="override" if command.override else deciding.ICONS[command.action],
        reason=command.reason,
        reason_word=_("What do you see?") if halting else _("Why?"),
        reason_needed=needs_reason(command),
        back=standing.rollout.get_absolute_url(),
        back_word=_("Keep it running") if command.action in KEEPS else _("Not yet"),
        post=deciding.address(standing.rollout.slug, command.action),
        stage=command.stage,
        revision=command.revision,
        seen=decisions.evidence_id(standing.rollout, standing.seen, **shown(standing, rows)),
        gates=rows,
        override=command.override,
        passed=passed(standing, command),
        despite=despite(standing, command) if problem else "",
        asks_remaining=command.action is Action.CLOSE,
        doubts=doubts(standing, command),
        trial=reverse("dashboard:backtest", args=[standing.rollout.slug]),
        unmeasured=command.unmeasured,
        problem=standing.titled(problem.sentence) if problem else "",
        remedy=standing.titled(problem.remedy) if problem else "",
        possible=not isinstance(answer, Refused),
    )


def passed(standing: Standing, command: Command) -> tuple[tuple[str, str], ...]:
    """What the override names, each with the sentence that says why it stands open."""
    open_ones = decisions.to_pass_over(standing.seen, command.action) if command.override else []
    said = {each.name: standing.titled(each.sentence) for each in open_ones}
    return tuple((name, said.get(name, "")) for name in command.override)


def despite(standing: Standing, command: Command) -> str:
    """Where the reader passes over what refuses it; empty where that is not theirs, or no help."""
    wanted = f"override_{command.action.value}"
    if command.override or command.action not in (Action.PROPOSE, Action.START):
        return ""
    return next((act.href for act in deciding.overrides(standing) if act.action == wanted), "")


def doubts(standing: Standing, command: Command) -> tuple[str, ...]:
    """Why the metric gates of the plan that is to be proposed should not be trusted yet."""
    if command.action is not Action.PROPOSE:
        return ()
    rows = standing.rollout.revisions.order_by("-number")
    revision = rows.filter(number=command.revision).first() if command.revision else rows.first()
    return tuple(gates.doubts(revision, standing.now)) if revision else ()


GOING = frozenset(
    {Action.START, Action.PROMOTE, Action.APPROVE_AND_PROMOTE, Action.RESUME, Action.APPROVE, Action.SKIP}
)


def needs_reason(command: Command) -> bool:
    """Whether the machine refuses this without a reason."""
    skips = command.action is Action.SKIP
    return bool(command.override) or skips or command.unmeasured or command.action in REASONED


def evidence(standing: Standing, command: Command) -> tuple[GateRow, ...]:
    """The gates that stand beside the button; a halt needs none."""
    return tuple(gate_rows(standing)) if command.action in EVIDENT else ()


def shown(standing: Standing, rows: tuple[GateRow, ...]) -> dict[str, Any]:
    """What the log keeps as shown: the words and sentences of the gates, and where traffic stood."""
    binding = [row for row in rows if not row.observe]
    passed = sum(row.word == "pass" for row in binding)
    content: dict[str, Any] = {"granted": deciding.sentence(standing)}
    if rows:
        content["sentence"] = _("%(passed)s of %(all)s gates passed.") % {
            "passed": passed,
            "all": len(binding),
        }
        content["gates"] = [
            {"gate": row.name, "title": row.title, "verdict": row.word, "sentence": row.sentence}
            for row in rows
        ]
    return content


def title(standing: Standing, command: Command) -> str:
    """The question."""
    name = {"title": standing.rollout.title, "n": command.stage}
    if command.override and command.action is Action.PROPOSE:
        return _("Propose %(title)s in spite of what stands against it?") % name
    if command.override and command.action is not Action.SKIP:
        word = command.action.label.lower()
        return _("Override, and %(word)s %(title)s?") % {**name, "word": word}
    plan = command.stage is None
    last = max((stage.number for stage in standing.seen.stages), default=0)
    if command.stage and command.stage > last and command.action in (Action.APPROVE, Action.REJECT):
        return _("Approve completion?") if command.action is Action.APPROVE else _("Reject completion?")
    return {
        Action.PROPOSE: _("Propose the plan of %(title)s?"),
        Action.WITHDRAW: _("Withdraw the proposed plan?"),
        Action.APPROVE: _("Approve the plan?") if plan else _("Approve stage %(n)s?"),
        Action.REJECT: _("Reject the plan?") if plan else _("Reject stage %(n)s?"),
        Action.ASK_AGAIN: _("Ask the approvers again?"),
        Action.START: _("Start %(title)s?"),
        Action.PROMOTE: _("Promote to stage %(n)s?"),
        Action.APPROVE_AND_PROMOTE: _("Approve and promote to stage %(n)s?"),
        Action.SKIP: _("Skip stage %(n)s?"),
        Action.CONFIRM_ROLLED_BACK: _("Is everything rolled back?"),
        Action.ROLLBACK_FAILED: _("Say that the rollback failed?"),
        Action.ROLL_BACK: _("Roll %(title)s back?"),
    }.get(command.action, f"{command.action.label} %(title)s?") % name


def effect(standing: Standing, command: Command) -> str:
    """What happens at once, in one or two sentences."""
    seen = standing.seen
    if command.action is Action.HALT:
        return _("New exposure stops at once. %(effect)s") % {"effect": decisions.halt_effect(seen)}
    if command.action is Action.ROLL_BACK:
        return decisions.rollback_effect(seen)
    return {
        Action.PROPOSE: _("The approvers of the policy are asked. Open votes on an older revision are void."),
        Action.WITHDRAW: _("The request for approval is closed. The revision in force keeps governing."),
        Action.APPROVE: _("Your vote is counted. Approving moves no traffic."),
        Action.REJECT: _("The request is turned down, with your reason. No traffic moves."),
        Action.ASK_AGAIN: _("A new request is opened and the approvers are told."),
        Action.START: _("The approved plan comes into force and its first stage is entered."),
        Action.PROMOTE: _("The stage before ends and this one is entered."),
        Action.APPROVE_AND_PROMOTE: _("Your vote is counted, the stage before ends and this one is entered."),
        Action.HOLD: _("Nothing is promoted until somebody resumes. What is granted stays granted."),
        Action.RESUME: _(
            "The stage goes on. After a halt its exposure is granted again, and the bake restarts."
        ),
        Action.COMPLETE: _("The last stage ends, the rollout is over, and a review is opened."),
        Action.SKIP: _("The stage is never entered; the next one comes after the current."),
        Action.CLOSE: _("The rollout ends here. What you say remains stays as it is."),
        Action.CANCEL: _("The rollout ends before it began."),
        Action.CONFIRM_ROLLED_BACK: _("The rollout ends as rolled back.")
        if not command.unmeasured
        else _("No data says that exposure is 0. The log will say that nobody measured it."),
        Action.ROLLBACK_FAILED: _("People are paged. The rollback can be tried again."),
    }[command.action]


def exposure(standing: Standing, command: Command) -> str:
    """From which share to which, for the decisions that move traffic."""
    granted = standing.rollout.granted_stage
    before = exposure_words(standing, granted) if granted else _("nothing")
    words = {"before": before}
    if command.action in (Action.PROMOTE, Action.APPROVE_AND_PROMOTE) and command.stage:
        return _("From %(before)s to %(after)s.") % {
            **words,
            "after": exposure_words(standing, command.stage),
        }
    if command.action is Action.START:
        return _("From nothing to %(after)s.") % {"after": exposure_words(standing, 1)}
    if command.action in (Action.HALT, Action.ROLL_BACK, Action.HOLD, Action.CLOSE, Action.RESUME):
        return _("Granted now: %(before)s.") % words
    return ""


def told(standing: Standing, command: Command) -> str:
    """Who hears of it, and what else it starts."""
    if command.override and command.action is Action.PROPOSE:
        return _("The approvers see what is passed over, and your reason.")
    if command.override or command.action is Action.SKIP:
        return _("Every approver who was passed over is told, and a review is opened.")
    if command.action is Action.HALT:
        return _("The people on call are paged, and a review is opened. Nothing is rolled back.")
    return ""


def button(standing: Standing, command: Command) -> str:
    """The words on the button that does it."""
    if command.action is Action.HALT:
        return _("Halt now")
    if command.action is Action.SKIP:
        return _("Skip the stage")
    if command.override and command.action is Action.PROPOSE:
        return _("Propose all the same")
    word = deciding.word(standing, command.action, None).rstrip("…")
    return _("Override: %(word)s") % {"word": word} if command.override else word
