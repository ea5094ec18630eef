"""What is said to single people: those who may vote, the owner, and approvers who were passed over."""

from collections.abc import Iterator

from notifications.audience import on_call, owners, voters
from notifications.messages.facts import Facts, address
from notifications.messages.mail import Notice
from notifications.messages.text import in_zone, moment
from notifications.rules import drafts
from notifications.rules.asked import asked_of
from notifications.rules.stories import asked, why_halted
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.approvals.models import PLAN, Request
from rollouts.audit.values import EventView

TONES = {"pass": "#0c6238", "fail": "#a31621", "no_data": "#44514b"}
SUBJECTS = {
    "rollout.halted": "Halted",
    "rollout.rollback_failed": "Rollback failed",
    "rollout.rolled_back": "Rolled back",
    "rollout.completed": "Completed",
    "rollout.rejected": "Rejected",
    "rollout.approval_expired": "Expired",
    "rollout.overdue": "Overdue",
    "rollout.decision_asked": "Decide",
    "rollout.closed": "Closed",
}
ASKS = "rollout.decision_asked"
"""The plan asks people about a gate that is undecided."""
URGENT = frozenset({"rollout.halted", "rollout.rollback_failed"})


def mails(event: EventView, facts: Facts) -> Iterator[Draft]:
    """The messages to people of one event of a rollout."""
    for stage, requests in asked_of(facts.rollout, event).items():
        yield from _asked(event, facts, stage, requests)
    if event.kind in SUBJECTS:
        yield from _told(event, facts)
    if event.content.get("moved", {}).get("skipped_requests"):
        yield from _passed_over(event, facts)
    if event.kind == "rollout.update_asked":
        yield from _update_asked(event, facts)


def _asked(event: EventView, facts: Facts, stage: int, requests: list[Request]) -> Iterator[Draft]:
    people = {person.pk: person for request in requests for person in voters(request, facts.rollout)}
    told = [(person, _question(event, facts, stage, requests, person)) for person in people.values()]
    yield from drafts.personal(event, told, topic=Topic.NEEDS_ME, kind=Kind.REQUEST, role=f"approval-{stage}")


def _question(event: EventView, facts: Facts, stage: int, requests: list[Request], person: Person) -> Notice:
    request = requests[0]
    what = f"{facts.title}, " + (
        f"stage {stage}" if stage != PLAN else f"plan revision {request.revision.number}"
    )
    counts = [asked(each, event.at) for each in requests]
    ends = [each.expires_at for each in requests if each.expires_at]
    pairs = [(each.name, each.outcome.sentence) for each in counts]
    if facts.way_back:
        pairs.append(("Way back", facts.way_back))
    if ends:
        pairs.append(("Expires", f"{moment(min(ends))} ({in_zone(min(ends), person.timezone)})"))
    pairs.append(
        ("Plan", f"revision {request.revision.number}, {request.digest.removeprefix('sha256:')[:8]}")
    )
    passed = sum(gate.verdict == "pass" for gate in facts.binding)
    by = ends and f" (by {moment(min(ends))})" or ""
    return Notice(
        subject=f"Approval asked: {what}{by}",
        headline=f"Approval asked: {what}",
        lead=f"{event.actor.name} moved it on, and your approval is asked for.",
        eyebrow=moment(event.at),
        now=facts.now_words if stage != PLAN else "",
        after=facts.exposure(stage) if stage != PLAN else "",
        pairs=pairs,
        evidence=[
            (gate.title or gate.name, gate.word.label, TONES.get(gate.verdict, "#7a4d00"))
            for gate in facts.binding
        ],
        evidence_title=f"Evidence of {moment(event.at)}: {passed} of {len(facts.binding)} gates pass",
        action_url=f"{facts.url}approval/?stage={stage}",
        action_word="Review and decide",
        why="You get this because your role may approve here. The page asks again before it does anything.",
    )


def _told(event: EventView, facts: Facts) -> Iterator[Draft]:
    urgent = event.kind in URGENT
    people = {person.pk: person for person in owners(facts.rollout)}
    called = {person.pk: person for person in on_call(facts.rollout)} if urgent or event.kind == ASKS else {}
    topic = Topic.NEEDS_ME if event.kind == ASKS else Topic.HALTS if urgent else Topic.MINE
    word = SUBJECTS[event.kind]
    sentence = event.content["sentence"]
    # A question rests on what the gate says, as a halt does.
    said = why_halted(event) if urgent or event.kind == ASKS else sentence
    lead = said if urgent else said or sentence
    notice = Notice(
        subject=f"{word}: {facts.title}",
        headline=sentence,
        lead=lead,
        eyebrow=f"{word}, {moment(event.at)}",
        quote=event.content.get("reason") or "",
        pairs=_runbook(event) if event.kind == ASKS else [],
        action_url=facts.url,
        action_word="Open the rollout",
        why="You get this because you own this rollout, or are on call for a service in it.",
    )
    yield from drafts.personal(
        event,
        [(person, notice) for person in (people | called).values()],
        topic=topic,
        kind=Kind.HALT if urgent else Kind.UPDATE,
        role="told",
        surely=called,
    )


def _runbook(event: EventView) -> list[tuple[str, str]]:
    """What to do, where the gate that is asked about has words for it."""
    shown = event.content.get("shown")
    found = shown.get("runbook") if isinstance(shown, dict) else ""
    return [("Runbook", str(found))] if found else []


def _update_asked(event: EventView, facts: Facts) -> Iterator[Draft]:
    """The plan promises readers an update: the owner gets a first wording and the way to the desk."""
    draft = event.content.get("draft") or ""
    how = "A draft from the log is ready; say it in your own words." if draft else "Tell them what is known."
    notice = Notice(
        subject=f"Update due: {facts.title}",
        headline=f"Update due: {facts.title}",
        lead=f"The plan promises readers an update now. {how}",
        eyebrow=moment(event.at),
        quote=draft,
        action_url=f"{facts.url}updates/",
        action_word="Write the update",
        why="You get this because you own this rollout. Nothing is posted before you do.",
    )
    told = [(person, notice) for person in owners(facts.rollout)]
    yield from drafts.personal(event, told, topic=Topic.NEEDS_ME, kind=Kind.REQUEST, role="update")


def _passed_over(event: EventView, facts: Facts) -> Iterator[Draft]:
    """An override tells every approver who was skipped."""
    skipped = event.content["moved"]["skipped_requests"]
    rows = Request.objects.filter(pk__in=[int(pk) for pk in skipped]).select_related("revision")
    people = {person.pk: person for request in rows for person in voters(request, facts.rollout)}
    notice = Notice(
        subject=f"Override: {facts.title} went on without your approval",
        headline=f"{event.actor.name} passed over an approval that you are asked for",
        lead=event.content["sentence"],
        eyebrow=f"Override, {moment(event.at)}",
        quote=event.content.get("reason") or "",
        pairs=[("Passed over", ", ".join(event.content["moved"]["override"]))],
        action_url=facts.url,
        action_word="Open the rollout",
        why=f"You get this because you may approve here. A review is opened: {address('/reviews/')}",
    )
    told = [(person, notice) for person in people.values()]
    yield from drafts.personal(event, told, topic=Topic.NEEDS_ME, kind=Kind.REQUEST, role="passed-over")
