"""How cards that stand in Slack change when something happens: votes, answers, and the end of a question."""

from collections.abc import Callable, Iterator
from datetime import datetime

from notifications.messages import cards
from notifications.messages.facts import Facts
from notifications.models import Delivery
from notifications.rules.stories import approval_card, asked
from notifications.values import Card, Draft, Kind, Message, Way
from rollouts.approvals.models import Request
from rollouts.approvals.values import Standing
from rollouts.audit.values import EventView
from rollouts.escalations.models import Run
from rollouts.lib.clock import database_now

WORDS = {
    "rollout.promoted": "Promoted",
    "rollout.held": "Held",
    "rollout.halted": "Halted",
    "rollout.stage_unready": "No longer ready",
    "rollout.completed": "Completed",
    "rollout.rolling_back": "Rolling back",
    "rollout.rolled_back": "Rolled back",
    "rollout.closed": "Closed",
    "rollout.resumed": "Resumed",
    "rollout.proposed": "Changed",
    "rollout.cancelled": "Cancelled",
}
ENDS = {
    Card.READY: frozenset(WORDS) - {"rollout.resumed"},
    Card.PROMOTED: frozenset(
        {"rollout.promoted", "rollout.halted", "rollout.completed", "rollout.rolling_back", "rollout.closed"}
    ),
    Card.HALTED: frozenset(
        {"rollout.resumed", "rollout.rolling_back", "rollout.rolled_back", "rollout.closed"}
    ),
}
"""After which events a card has nothing more to press."""

OUTCOMES = {
    "filled": "Approved",
    "rejected": "Rejected",
    "expired": "Expired",
    "withdrawn": "Withdrawn",
    "passed_over": "Passed over",
    "open": "Withdrawn",
}


def redraws(event: EventView, facts: Facts) -> Iterator[Draft]:
    """New drawings of the rollout's cards; a card that is settled is marked so."""
    cards_out = Delivery.objects.live().filter(rollout=facts.slug).exclude(card=Card.PAGE)
    for card in cards_out.exclude(event_id=event.id).select_for_update(of=("self",)):
        found = _DRAWN[Card(card.card)](card, event, facts)
        if found is None:
            continue
        message, is_settled = found
        if is_settled:
            card.settled = True
            card.save(update_fields=["settled"])
        if message.as_json() != _newest(card):
            yield redraw(card, message, event)


def _newest(card: Delivery) -> object:
    last = card.redraws.order_by("-pk").values_list("payload", flat=True).first()
    return last if last is not None else card.payload


def redraw(card: Delivery, message: Message, event: EventView) -> Draft:
    """The card drawn anew, once for an event."""
    return Draft(
        key=f"event:{event.id}:redraw:{card.pk}",
        way=Way.SLACK,
        target=card.target,
        thread=f"redraw:{card.pk}",
        kind=Kind.REDRAW,
        payload=message.as_json(),
        rollout=card.rollout,
        event_id=event.id,
        of=card.pk,
    )


Drawn = tuple[Message, bool] | None


def _by_event(card: Delivery, event: EventView, facts: Facts) -> Drawn:
    """Cards that one of several events settles."""
    if event.kind not in ENDS[Card(card.card)]:
        return None
    content = event.content
    message = cards.settled(
        facts,
        word=WORDS[event.kind],
        what=card.refs["what"],
        sentence=content["sentence"],
        reason=content.get("reason") or "",
        at=event.at,
    )
    return message, True


def _halted(card: Delivery, event: EventView, facts: Facts) -> Drawn:
    if event.kind != "escalation.acknowledged":
        return _by_event(card, event, facts)
    if Run.objects.unanswered().filter(rollout=facts.rollout).exists():
        return None  # another escalation of the rollout still asks
    refs = card.refs
    message = cards.halted(
        facts,
        stage=refs["stage"],
        sentence=refs["sentence"],
        why=refs["why"],
        at=datetime.fromisoformat(refs["at"]),
        answered=event.content["sentence"],
        failed=refs["failed"],
    )
    return message, False


def _approval(card: Delivery, event: EventView, facts: Facts) -> Drawn:
    """Counts votes; what is decided loses its buttons, and is settled once nobody can change it any more."""
    rows = Request.objects.filter(pk__in=card.refs["requests"]).select_related("revision")
    requests = list(rows.prefetch_related("votes__person").order_by("pk"))
    if not requests:
        return None
    now = database_now()
    words = [_outcome(request, now) for request in requests]
    is_settled = all(request.settled_at is not None for request in requests)
    if "open" in words and not is_settled and "rejected" not in words and "expired" not in words:
        return approval_card(facts, requests, by=card.refs["by"]), False
    word = next(
        (w for w in ("rejected", "expired", "withdrawn", "open", "passed_over") if w in words), "filled"
    )
    sentence, reason, at = _decided(requests, word, event, now)
    message = cards.settled(
        facts, word=OUTCOMES[word], what=card.refs["what"], sentence=sentence, reason=reason, at=at
    )
    return message, is_settled


def _outcome(request: Request, now: datetime) -> str:
    return request.outcome if request.settled_at else asked(request, now).outcome.standing.value


def _decided(
    requests: list[Request], word: str, event: EventView, now: datetime
) -> tuple[str, str, datetime]:
    """Who decided, why and when, from the votes."""
    live = [vote for request in requests for vote in request.votes.all() if vote.voided_at is None]
    if word == "rejected":
        against = [vote for vote in live if vote.ballot == "reject"]
        if against:
            vote = against[-1]
            return f"{vote.person} rejected it.", vote.reason, vote.at
    approving = sorted((vote for vote in live if vote.ballot == "approve"), key=lambda vote: vote.at)
    if word == Standing.FILLED.value and approving:
        names = list(dict.fromkeys(str(vote.person) for vote in approving))
        reasons = [vote.reason for vote in approving if vote.reason]
        return f"Approved by {' and '.join(names)}.", reasons[-1] if reasons else "", approving[-1].at
    return event.content["sentence"], event.content.get("reason") or "", event.at


_DRAWN: dict[Card, Callable[[Delivery, EventView, Facts], Drawn]] = {
    Card.APPROVAL: _approval,
    Card.READY: _by_event,
    Card.PROMOTED: _by_event,
    Card.HALTED: _halted,
}
