"""One card for each alert in the channel of its service: drawn anew as it grows, settled by its end."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from notifications.audience import channel_of_service
from notifications.messages import alerts as messages
from notifications.messages.alerts import Told
from notifications.models import Delivery
from notifications.rules import drafts
from notifications.rules.redraws import redraw
from notifications.values import Card, Draft, Kind
from rollouts.accounts.models import Person
from rollouts.audit.values import EventView
from rollouts.catalog.models import Service
from rollouts.health import queries as health

URGENT = frozenset({"P1", "P2"})


def cards(event: EventView) -> Iterator[Draft]:
    """The card when the alert opens; afterwards its new drawing."""
    content = event.content
    if event.kind == "alert.opened":
        yield from _opened(event, content)
        return
    live = Delivery.objects.live().filter(card=Card.ALERT, refs__alert=content["alert"])
    for card in live.select_for_update(of=("self",)):
        if event.kind == "alert.closed":
            began = content.get("opened_at")
            opened = datetime.fromisoformat(began) if began else None
            message = messages.over(told(content), opened=opened, at=event.at)
            card.settled = True
            card.save(update_fields=["settled"])
        else:
            message = messages.standing(told(content), event.at)
        yield redraw(card, message, event)


def _opened(event: EventView, content: dict[str, Any]) -> Iterator[Draft]:
    service = Service.objects.select_related("team").filter(slug=content["service"]).first()
    channel = channel_of_service(service) if service else ""
    if not channel:
        return
    yield drafts.slack(
        event,
        messages.standing(told(content), event.at),
        channel=channel,
        kind=Kind.HALT if content["priority"] in URGENT else Kind.REQUEST,
        role="alert",
        card=Card.ALERT,
        refs={"alert": content["alert"]},
    )


def told(content: dict[str, Any]) -> Told:
    """What the event holds, with names, tiers and who is on call; four queries."""
    roots = content["root"].removeprefix("cycle ").replace("->", " ").split()
    wanted = {content["service"], *roots, *content["victims"]}
    known = {each.slug: each for each in Service.objects.filter(slug__in=wanted).order_by("slug")}
    open_ones = [row.pk for row in health.alerts()]
    called = Person.objects.filter(is_active=True, on_call_for__slug=content["team"]).order_by("name", "pk")
    service = known.get(content["service"])
    between = " → " if "->" in content["root"] else ", "

    def name(slug: str) -> str:
        return known[slug].name if slug in known else slug

    return Told(
        key=content["root"],
        root=between.join(name(each) for each in roots),
        service=name(content["service"]),
        slug=content["service"],
        environment=content["environment"],
        priority=content["priority"],
        words=content.get("words") or content["sentence"],
        victims=[(name(each), known[each].tier if each in known else None) for each in content["victims"]],
        looks=[str(person) for person in called],
        runbook=service.runbook if service else "",
        place=open_ones.index(content["alert"]) + 1 if content["alert"] in open_ones else 0,
        many=len(open_ones) if content["alert"] in open_ones else 0,
    )
