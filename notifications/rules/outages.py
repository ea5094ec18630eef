"""Who hears that a metric source or a synthetic check fails or is well again: planners and people on call."""

from collections.abc import Iterator
from dataclasses import dataclass

from notifications.audience import MOST
from notifications.messages.facts import address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.accounts.queries import holders
from rollouts.audit.values import EventView


@dataclass(frozen=True)
class Words:
    """What is said of one kind of event; `quoted`: with what went wrong last."""

    word: str
    lead: str
    action: str
    why: str
    quoted: bool = True


_SOURCE = ("Open the source", "your team owns this metric source")
_IMPORT = ("Open the import", "your team is told when this import fails")
_CHECK = ("Open the check", "your team owns the service")
TOLD = {
    "source.failing": Words("Source silent", "Gates that read it say no data until it answers.", *_SOURCE),
    "source.recovered": Words("Source answers", "Gates that read it have data.", *_SOURCE),
    "import.failing": Words("Import fails", "The catalog stays as it was until then.", *_IMPORT),
    "import.recovered": Words("Import works", "The catalog follows the file again.", *_IMPORT, quoted=False),
    "probe.failing": Words("Check fails", "", *_CHECK),
    "probe.recovered": Words("Check passes", "It is asked on as before.", *_CHECK, quoted=False),
}
USERS = {
    "fine": "Real users are served meanwhile.",
    "bad": "Real users are served badly, too.",
    "silent": "No real user is there to tell otherwise.",
}
"""The lead where a check fails: how users are served meanwhile."""


def outages(event: EventView) -> Iterator[Draft]:
    """One message to each; the log holds one event at the beginning and one at the end of an outage."""
    said, content = TOLD[event.kind], event.content
    what = event.kind.partition(".")[0]
    slug = content[what]
    notice = Notice(
        subject=f"{said.word}: {slug}",
        headline=content["sentence"],
        lead=said.lead or USERS[content["users"]],
        eyebrow=f"{said.word}, {moment(event.at)}",
        quote=content.get("error") or "" if said.quoted else "",
        action_url=address(f"/{what}s/{slug}/"),
        action_word=said.action,
        why=f"You get this because {said.why}. It is sent once for an outage.",
    )
    told = [(person, notice) for person in people_of(content["team"])]
    yield from drafts.personal(event, told, topic=Topic.MINE, kind=Kind.REQUEST, role=what)


def people_of(team: str) -> list[Person]:
    """Who is on call for a team, and its planners."""
    called = Person.objects.filter(is_active=True, on_call_for__slug=team).order_by("name", "pk")
    planners = holders(teams=[team], roles=["planner"])
    return list({person.pk: person for person in [*called, *planners]}.values())[:MOST]
