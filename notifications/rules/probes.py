"""Who hears that a synthetic check fails or passes again: the service's planners and people on call."""

from collections.abc import Iterator

from notifications.messages.facts import address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.rules.sources import people_of
from notifications.values import Draft, Kind, Topic
from rollouts.audit.values import EventView

TOLD = ("probe.failing", "probe.recovered")
USERS = {
    "fine": "Real users are served meanwhile.",
    "bad": "Real users are served badly, too.",
    "silent": "No real user is there to tell otherwise.",
}


def probes(event: EventView) -> Iterator[Draft]:
    """One message to each; the log holds one event at the beginning and one at the end of an outage."""
    failing = event.kind == "probe.failing"
    word = "Check fails" if failing else "Check passes"
    slug = event.content["probe"]
    notice = Notice(
        subject=f"{word}: {slug}",
        headline=event.content["sentence"],
        lead=USERS[event.content["users"]] if failing else "It is asked on as before.",
        eyebrow=f"{word}, {moment(event.at)}",
        quote=event.content["error"] if failing else "",
        action_url=address(f"/probes/{slug}/"),
        action_word="Open the check",
        why="You get this because your team owns the service. It is sent once for an outage.",
    )
    told = [(person, notice) for person in people_of(event.content["team"])]
    yield from drafts.personal(event, told, topic=Topic.MINE, kind=Kind.REQUEST, role="probe")
