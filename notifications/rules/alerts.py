"""Who hears of a culprit: the channel of its service, the people on call and the planners of its team."""

from collections.abc import Iterator

from notifications.audience import MOST
from notifications.messages.alerts import on_map
from notifications.messages.mail import Notice
from notifications.messages.text import moment
from notifications.rules import drafts
from notifications.rules.alert_cards import URGENT, cards
from notifications.values import Draft, Kind, Topic
from rollouts.accounts.models import Person
from rollouts.accounts.queries import holders
from rollouts.audit.values import EventView


def alerts(event: EventView) -> Iterator[Draft]:
    """One message to each when an alert opens; how it goes on stands in the channel's card, pages and log."""
    yield from cards(event)
    if event.kind != "alert.opened":
        return
    content = event.content
    urgent = content["priority"] in URGENT
    called, planners = _people(content["team"])
    notice = Notice(
        subject=f"Alert {content['priority']}: {content['root']} in {content['environment']}",
        headline=content["sentence"],
        lead="Whoever suffers from it is told of nothing by itself: this is the one alert about it.",
        eyebrow=f"Alert {content['priority']}, {moment(event.at)}",
        pairs=[("Suffer from it", ", ".join(content["victims"]) or "nobody yet")],
        action_url=on_map(content["environment"], content["root"]),
        action_word="Open the map",
        why="You get this because your team owns this service. It is sent once for an alert.",
    )
    people = list({person.pk: person for person in [*called, *planners]}.values())[:MOST]
    yield from drafts.personal(
        event,
        [(person, notice) for person in people],
        topic=Topic.HALTS if urgent else Topic.MINE,
        kind=Kind.HALT if urgent else Kind.REQUEST,
        role="alert",
        surely={person.pk for person in called} if urgent else (),
    )


def _people(team: str) -> tuple[list[Person], list[Person]]:
    called = Person.objects.filter(is_active=True, on_call_for__slug=team).order_by("name", "pk")
    return list(called), holders(teams=[team], roles=["planner"])
