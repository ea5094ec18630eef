"""Who hears of a review: its author, those who may approve it, and owners of overdue action items."""

from collections.abc import Iterator

from notifications.messages.facts import Facts, address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.accounts.queries import holders
from rollouts.audit.values import EventView
from rollouts.plans.queries import owning_teams

MOST = 30
SUBJECTS = {
    "review.opened": ("Review", "You get this because you write this review."),
    "review.assigned": ("Review", "You get this because you write this review."),
    "review.submitted": ("Review asked", "You get this because your role may approve it."),
    "review.returned": ("Review returned", "You get this because you write this review."),
    "review.approved": ("Review approved", "You get this because you write this review."),
    "review.overdue": ("Review overdue", "You get this until the review is closed."),
    "review.item_overdue": ("Action overdue", "You get this until the item is done or dropped."),
}


def reviews(event: EventView, facts: Facts) -> Iterator[Draft]:
    """The messages to people of one event of a review."""
    if event.kind not in SUBJECTS:
        return
    word, why = SUBJECTS[event.kind]
    notice = Notice(
        subject=f"{word}: {facts.title}",
        headline=event.content["sentence"],
        lead=event.content["sentence"],
        eyebrow=f"{word}, {moment(event.at)}",
        quote=event.content.get("reason") or "",
        action_url=address(f"/reviews/{event.content['rollout']}/"),
        action_word="Open the review",
        why=why,
    )
    told = [(person, notice) for person in _people(event, facts)]
    yield from drafts.personal(event, told, topic=Topic.REVIEWS, kind=Kind.REQUEST, role="review")


def _people(event: EventView, facts: Facts) -> list[Person]:
    content = event.content
    if event.kind == "review.submitted":
        teams = owning_teams(facts.rollout) | {facts.rollout.team.slug}
        able = holders(teams=teams, roles=["approver", "planner"])
        own = {event.actor.id, content.get("author") or ""}
        return [person for person in able if str(person.pk) not in own][:MOST]
    wanted = content.get("people") or [content.get("author") or ""]
    keys = [int(pk) for pk in wanted if pk and str(pk) != event.actor.id]
    return list(Person.objects.filter(pk__in=keys, is_active=True).order_by("pk"))
