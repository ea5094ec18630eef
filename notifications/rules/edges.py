"""Who hears that somebody asks about a dependency: planners and people on call of the team that answers."""

from collections.abc import Iterator
from urllib.parse import urlencode

from notifications.messages.facts import address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.rules.outages import people_of
from notifications.values import Draft, Kind, Topic
from rollouts.audit.values import EventView

ASKED = "dependency.asked"


def edges(event: EventView) -> Iterator[Draft]:
    """One message to each; the same is asked once a day at most."""
    content = event.content
    caller = content["caller"] or "somebody"
    notice = Notice(
        subject=f"Is this a dependency: {caller} on {content['callee']}?",
        headline=content["sentence"],
        lead="Declare it, say that it is none, or move to a version that stays: the page offers each.",
        eyebrow=f"Dependency, {moment(event.at)}",
        action_url=address(f"/dependencies/seen/?{urlencode({'service': content['service']})}"),
        action_word="Open the dependencies",
        why="You get this because your team owns the service. It is asked once a day at most.",
    )
    told = [(person, notice) for person in people_of(content["team"])]
    yield from drafts.personal(event, told, topic=Topic.MINE, kind=Kind.REQUEST, role="dependency")
