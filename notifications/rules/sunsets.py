"""Who hears that a version of a contract ends: planners and people on call of the teams that rely on it."""

from collections.abc import Iterator

from notifications.audience import MOST
from notifications.messages.facts import address
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.rules.outages import people_of
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.audit.values import EventView

NEAR = "contract.sunset_near"
RETIRED = "contract.retired_live"
TOLD = (NEAR, RETIRED)


def sunsets(event: EventView) -> Iterator[Draft]:
    """One message to each: a reminder is an event of its own, and so is a version retired by break-glass."""
    content = event.content
    near = event.kind == NEAR
    word = "Version ends" if near else "Version retired"
    notice = Notice(
        subject=f"{word}: {content['contract']} {content['version']}",
        headline=content["sentence"],
        lead=_lead(content) if near else "What relies on it may fail from now on.",
        eyebrow=f"{word}, {moment(event.at)}",
        quote=(content.get("notes") if near else content.get("reason")) or "",
        action_url=address(f"/contracts/{content['contract']}/versions/{content['version']}/end/"),
        action_word="Open the version",
        why="You get this because your team owns a service that relies on it.",
    )
    teams = [content["team"]] if near else content.get("teams", [])
    people: dict[int, Person] = {}
    for team in teams:
        people |= {person.pk: person for person in people_of(team)}
    told = [(person, notice) for person in [*people.values()][:MOST]]
    yield from drafts.personal(event, told, topic=Topic.MINE, kind=Kind.REQUEST, role="sunset")


def _lead(content: dict[str, str]) -> str:
    to = f" Move to {content['successor']}." if content.get("successor") else ""
    return f"Its last day is {content['sunset']}.{to} Say on the contract's page when you have moved."
