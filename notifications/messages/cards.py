"""The Slack messages that carry buttons: approval asked, ready, promoted, halted, paged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from slack_sdk.models.blocks import ButtonElement

from notifications.messages import blocks, refs
from notifications.messages.facts import Facts
from notifications.messages.text import clock, escape, moment, quoted, span
from notifications.values import Message
from rollouts.approvals.values import Outcome
from rollouts.gates.models import Gate

MARKS = {
    "pass": ":white_check_mark:",
    "fail": ":octagonal_sign:",
    "pending": ":hourglass:",
    "inconclusive": ":hourglass:",
    "no_data": ":grey_question:",
}


@dataclass(frozen=True)
class Asked:
    """One approval request as a card shows it: its name, what the votes add up to, and who voted when."""

    name: str
    outcome: Outcome
    votes: tuple[tuple[str, datetime], ...] = ()
    expires_at: datetime | None = None


def open_button(facts: Facts, word: str = "") -> ButtonElement:
    return blocks.button(word or _("Open the rollout"), "rollout.open", url=facts.url)


def evidence_button(facts: Facts, stage: int | None) -> ButtonElement:
    where = f"{facts.url}approval/?stage={stage or 0}"
    return blocks.button(_("See the evidence"), "rollout.open", url=where)


def halt_button(facts: Facts, value: str) -> ButtonElement:
    told = _(
        "Gatehouse applies what the stage says for a halt. Nothing more is promoted. People on call are told."
    )
    ask = blocks.confirm(_("Halt %s?") % facts.title, told, _("Halt now"), _("Keep it running"), danger=True)
    return blocks.button(_("Halt"), "rollout.halt", value=value, style="danger", confirm=ask)


def roll_back_button(facts: Facts, value: str) -> ButtonElement:
    told = _("All stages are taken back to nothing granted: %s.") % escape(facts.way_back)
    ask = blocks.confirm(
        _("Roll back %s?") % facts.title, told, _("Roll back"), _("Leave it halted"), danger=True
    )
    return blocks.button(_("Roll back…"), "rollout.roll_back", value=value, style="danger", confirm=ask)


def gate_pairs(gates: Sequence[Gate]) -> list[tuple[str, str]]:
    """Gates as short facts."""
    return [
        (
            escape(gate.title or gate.name),
            f"{MARKS.get(gate.verdict, '')} {escape(gate.sentence or gate.word.label)}{_free(gate)}",
        )
        for gate in gates
    ]


def _free(gate: Gate) -> str:
    """That a gate does not bind by itself, so that its failure is not taken for one that stops."""
    return "" if gate.required and not gate.observe else f" _{_('Binds nobody by itself.')}_"


def approval(
    facts: Facts,
    *,
    stage: int | None,
    revision: int,
    digest: str,
    asked: Sequence[Asked],
    by: str,
    mentions: str,
    moving: bool,
) -> Message:
    """A decision is asked for: what will change, the evidence, and the vote."""
    what = f"{facts.title}, " + (f"stage {stage}" if stage else f"plan revision {revision}")
    passed = sum(gate.verdict == "pass" for gate in facts.binding)
    counts = " ".join(_count(each) for each in asked)
    value = refs.write(rollout=facts.slug, stage=stage, rev=revision, digest=digest[:16])
    confirming = blocks.confirm(
        _("Approve %s?") % (f"stage {stage}" if stage else f"revision {revision}"),
        _("%(now)s now, %(after)s after. Approving only votes; nothing moves by it alone.")
        % {"now": escape(facts.now_words), "after": escape(facts.exposure(stage or 1))},
        _("Approve"),
        _("Not yet"),
    )
    buttons = [
        blocks.button(_("Approve"), "rollout.approve", value=value, style="primary", confirm=confirming),
        evidence_button(facts, stage),
    ]
    if moving:
        buttons.append(halt_button(facts, value))
    parts = [
        blocks.header(f"Approval asked: {what}"),
        blocks.section(mentions, escape(counts), *_change_lines(facts, stage)),
    ]
    if facts.gates:
        parts.append(blocks.fields(gate_pairs(facts.gates)))
    parts.append(blocks.actions(f"decide:{facts.slug}:{stage or 0}:{revision}", buttons))
    parts.append(
        blocks.context(
            f"Asked by {escape(by)}." if by else "",
            _voted(asked),
            f"Plan revision {revision}, `{escape(digest.removeprefix('sha256:')[:8])}`.",
            _expires(asked),
        )
    )
    gates = f" {passed} of {len(facts.binding)} gates pass." if facts.binding else ""
    return Message(blocks.text(f"Approval asked: {what}.{gates} {counts} {_expires(asked)}"), tuple(parts))


def _change_lines(facts: Facts, stage: int | None) -> list[str]:
    lines = []
    if stage:
        lines = [f"*Now:* {escape(facts.now_words)}", f"*After:* {escape(facts.exposure(stage))}"]
    elif facts.plan:
        changes = [f"{c.service} {c.from_version} → {c.to_version}".strip(" →") for c in facts.plan.changes]
        lines = [f"*Changes:* {escape(', '.join(changes))}", f"*Stages:* {facts.count}"]
    return [*lines, f"*Way back:* {escape(facts.way_back)}" if facts.way_back else ""]


def _count(asked: Asked) -> str:
    outcome = asked.outcome
    return f"“{asked.name}”: {outcome.approvals} of {outcome.quorum} given."


def _voted(asked: Sequence[Asked]) -> str:
    votes = dict(vote for each in asked for vote in each.votes)
    said = ", ".join(f"{escape(name)} at {clock(at)}" for name, at in votes.items())
    return f"Approved by {said}." if said else ""


def _expires(asked: Sequence[Asked]) -> str:
    ends = [each.expires_at for each in asked if each.expires_at]
    return f"Expires {moment(min(ends))}." if ends else ""


def ready(facts: Facts, *, stage: int, revision: int) -> Message:
    """Everything passes: a person promotes."""
    what = f"{facts.title}, stage {stage}"
    value = refs.write(rollout=facts.slug, stage=stage, rev=revision)
    now, after = escape(facts.now_words), escape(facts.exposure(stage))
    asking = blocks.confirm(
        _("Promote to stage %s?") % stage,
        _("From %(now)s to %(after)s. Way back: %(back)s.")
        % {"now": now, "after": after, "back": escape(facts.way_back)},
        _("Promote"),
        _("Not yet"),
    )
    parts = [
        blocks.header(f"Ready to promote: {what}"),
        blocks.section(f"*Now:* {now}", f"*After:* {after}", f"*Way back:* {escape(facts.way_back)}"),
    ]
    if facts.gates:
        parts.append(blocks.fields(gate_pairs(facts.gates)))
    buttons = [
        blocks.button(_("Promote"), "rollout.promote", value=value, style="primary", confirm=asking),
        evidence_button(facts, stage),
        halt_button(facts, value),
    ]
    parts.append(blocks.actions(f"promote:{facts.slug}:{stage}:{revision}", buttons))
    text = blocks.text(f"Ready to promote: {what}. {facts.now_words} now, {facts.exposure(stage)} after.")
    return Message(text, tuple(parts))


def promoted(
    facts: Facts, *, stage: int, sentence: str, by: str, at: datetime, revision: int | None
) -> Message:
    """A stage was entered: what it grants, how long it bakes, what comes next."""
    row = facts.stage(stage)
    word = "Started" if stage == 1 else "Promoted"
    what = f"{facts.title}, {facts.place(stage)}"
    following = facts.stage(stage + 1)
    bake = f"*Watch:* bakes {span(row.bake)}" if row and row.bake else ""
    after = (
        f"*Next:* stage {following.number}, {escape(following.title or following.name)}"
        if following
        else "*Next:* completion"
    )
    value = refs.write(rollout=facts.slug, stage=stage, rev=revision)
    buttons = [open_button(facts, _("Watch health")), _hold_button(value), halt_button(facts, value)]
    parts = (
        blocks.header(f"{word}: {what}"),
        blocks.section(
            f":white_check_mark: {escape(sentence)}",
            f"*Granted:* {escape(facts.exposure(stage))}",
            f"*By:* {escape(by)}",
            bake,
            after,
        ),
        blocks.actions(f"promoted:{facts.slug}:{stage}", buttons),
        blocks.context(f"Plan revision {revision}." if revision else "", moment(at)),
    )
    return Message(blocks.text(f"{word}: {what}. {sentence}"), parts)


def _hold_button(value: str) -> ButtonElement:
    return blocks.button(_("Hold"), "rollout.hold", value=value)


def halted(
    facts: Facts, *, stage: int | None, sentence: str, why: str, at: datetime, answered: str, failed: bool
) -> Message:
    """Stopped: why, who looks, and the two ways on."""
    word = "Rollback failed" if failed else "Halted"
    what = f"{facts.title}, {facts.place(stage)}" if stage else facts.title
    value = refs.write(rollout=facts.slug, stage=stage)
    buttons = [open_button(facts), roll_back_button(facts, value)]
    if not answered:
        acknowledge = blocks.button(_("Acknowledge"), "escalation.acknowledge", value=value, style="primary")
        buttons.insert(0, acknowledge)
    parts = (
        blocks.header(f"{word}: {what}"),
        blocks.section(
            f":octagonal_sign: *{escape(sentence)}*",
            f"*Why:* {escape(why)}" if why else "",
            f"*Looks:* {escape(answered)}" if answered else "*Next:* people on call are asked to look.",
        ),
        blocks.actions(f"halted:{facts.slug}:{stage or 0}", buttons),
        blocks.context(moment(at)),
    )
    said = " ".join(part for part in (sentence, why, answered) if part)
    return Message(blocks.text(f"{word}: {what}. {said}"), parts)


def settled(facts: Facts, *, word: str, what: str, sentence: str, reason: str, at: datetime) -> Message:
    """A card after the decision: who, when, why, and no buttons but the link in words."""
    parts = (
        blocks.header(f"{word}: {what}"),
        blocks.section(
            escape(sentence),
            f"*Why:* {quoted(reason)}" if reason else "",
            f"<{facts.url}|{escape(_('Open the rollout'))}>",
        ),
        blocks.context(moment(at)),
    )
    why = f" {reason}" if reason else ""
    return Message(blocks.text(f"{word}: {what}. {sentence}{why}"), parts)


def update(facts: Facts, *, sentence: str, reason: str, at: datetime) -> Message:
    """A line in the thread."""
    lines = [escape(sentence), quoted(reason) if reason else ""]
    parts = (blocks.section(*lines), blocks.context(f"<{facts.url}|{escape(facts.title)}>", moment(at)))
    said = f"{facts.title}: {sentence}" + (f" “{reason}”" if reason else "")
    return Message(blocks.text(said), parts)
