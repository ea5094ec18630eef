"""Who is paged when an escalation asks a level, and how pages end."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings

from notifications.audience import named, owners, slack_user
from notifications.messages import pages
from notifications.messages.facts import Facts
from notifications.messages.mail import Notice
from notifications.messages.text import in_zone, moment
from notifications.models import Delivery
from notifications.rules import drafts
from notifications.rules.redraws import redraw
from notifications.values import Card, Draft, Kind, Way
from rollouts.accounts.models import Person
from rollouts.accounts.queries import holders
from rollouts.audit.values import EventView

WORDS = {"escalation.acknowledged": "Acknowledged", "escalation.ended": "Over"}


def paging(event: EventView, facts: Facts) -> Iterator[Draft]:
    """Pages for a level, their end, and word to the owner where nobody is reached."""
    if event.kind == "escalation.level":
        if event.content["reached"]:
            yield from _level(event, facts)
        else:
            yield from _nobody(event, facts, owners(facts.rollout), "nobody")
    elif event.kind == "escalation.exhausted":
        admins = holders(teams=[facts.rollout.team.slug], roles=["admin"])
        people = {person.pk: person for person in [*owners(facts.rollout), *admins]}
        yield from _nobody(event, facts, list(people.values()), "exhausted")
    elif event.kind in WORDS:
        yield from _over(event, facts)


def _level(event: EventView, facts: Facts) -> Iterator[Draft]:
    content = event.content
    until = datetime.fromisoformat(content["due_at"]) if content.get("due_at") else None
    message = pages.page(facts, content, until=until).as_json()
    people = Person.objects.in_bulk([int(e["id"]) for e in content["reached"] if e["kind"] == "person"])
    for reached in content["reached"]:
        if reached["kind"] == "channel":
            if settings.SLACK_BOT_TOKEN:
                yield page(event, Way.SLACK, named(reached["id"]), f"channel:{reached['id']}", message)
            else:
                for owner in owners(facts.rollout):
                    yield mailed_page(event, facts, owner)
            continue
        person = people.get(int(reached["id"]))
        if person is None:
            continue
        yield mailed_page(event, facts, person)
        if user := slack_user(person):
            yield page(event, Way.SLACK, user, f"person:{person.pk}", message)


def page(event: EventView, way: Way, target: str, who: str, payload: dict[str, Any]) -> Draft:
    """One page; its key names run, cycle, level, target and way, so that it is sent once."""
    content = event.content
    run = content["run"]
    return Draft(
        key=f"{run}:{content['cycle']}:{content['level']}:{who}:{way.value}",
        way=way,
        target=target,
        thread=f"page:{run}:{way.value}:{target}",
        kind=Kind.PAGE,
        payload=payload,
        rollout=content["rollout"],
        event_id=event.id,
        card=Card.PAGE if way is Way.SLACK else Card.NONE,
        refs={"level": content["level"], "cycle": content["cycle"]},
        run=run,
    )


def mailed_page(event: EventView, facts: Facts, person: Person) -> Draft:
    """The page as an e-mail."""
    return page(
        event, Way.EMAIL, person.email, f"person:{person.pk}", page_notice(event, facts, person).payload()
    )


def page_notice(event: EventView, facts: Facts, person: Person) -> Notice:
    content = event.content
    until = content.get("due_at")
    pairs = [("Level", f"{content['level']}, {content['name']}")]
    if until:
        due = datetime.fromisoformat(until)
        pairs.append(("Before", f"{in_zone(due, person.timezone)}, or the next level is asked"))
    pairs.append(("Asked", ", ".join(each["name"] for each in content["reached"])))
    if facts.runbook:
        pairs.append(("Runbook", facts.runbook))
    return Notice(
        subject=f"You are paged: {facts.title}, level {content['level']}",
        headline=f"You are paged: {facts.title}",
        lead=content["what"],
        eyebrow=moment(event.at),
        pairs=pairs,
        action_url=pages.run_url(content["run"]),
        action_word="Open and acknowledge",
        why="You get this because an escalation policy names you.",
    )


def _nobody(event: EventView, facts: Facts, people: list[Person], role: str) -> Iterator[Draft]:
    for person in people:
        notice = Notice(
            subject=f"Nobody answers: {facts.title}, {event.content['name']}",
            headline=event.content["sentence"],
            lead=event.content["what"],
            eyebrow=moment(event.at),
            action_url=pages.run_url(event.content["run"]),
            action_word="Open the escalation",
            why="You get this because you own the rollout or administer its team.",
        )
        yield drafts.mail(event, person, notice, kind=Kind.HALT, role=role)


def _over(event: EventView, facts: Facts) -> Iterator[Draft]:
    """Pages lose their buttons."""
    cards = Delivery.objects.live().filter(card=Card.PAGE, run=event.content["run"])
    for card in cards.select_for_update(of=("self",)):
        card.settled = True
        card.save(update_fields=["settled"])
        message = pages.answered(facts, event.content, word=WORDS[event.kind], at=event.at)
        yield redraw(card, message, event)
