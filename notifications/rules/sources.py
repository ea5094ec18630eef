"""Who hears that a metric source fell silent or answers again: its team's planners and people on call."""

from collections.abc import Iterator

from notifications.audience import MOST
from notifications.messages.facts import address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.accounts.queries import holders
from rollouts.audit.values import EventView

TOLD = ("source.failing", "source.recovered")


def sources(event: EventView) -> Iterator[Draft]:
    """One message to each; the log holds one event at the beginning and one at the end of an outage."""
    failing = event.kind == "source.failing"
    word = "Source silent" if failing else "Source answers"
    slug = event.content["source"]
    notice = Notice(
        subject=f"{word}: {slug}",
        headline=event.content["sentence"],
        lead="Gates that read it say no data until it answers."
        if failing
        else "Gates that read it have data.",
        eyebrow=f"{word}, {moment(event.at)}",
        quote=event.content.get("error") or "",
        action_url=address(f"/sources/{slug}/"),
        action_word="Open the source",
        why="You get this because your team owns this metric source. It is sent once for an outage.",
    )
    told = [(person, notice) for person in people_of(event.content["team"])]
    yield from drafts.personal(event, told, topic=Topic.MINE, kind=Kind.REQUEST, role="source")


def people_of(team: str) -> list[Person]:
    """Who is on call for a team, and its planners."""
    called = Person.objects.filter(is_active=True, on_call_for__slug=team).order_by("name", "pk")
    planners = holders(teams=[team], roles=["planner"])
    return list({person.pk: person for person in [*called, *planners]}.values())[:MOST]
