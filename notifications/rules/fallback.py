"""What is sent in the place of a message that cannot be: no path ends silently."""

from collections.abc import Iterator
from datetime import UTC, datetime

from notifications.audience import on_call, owners
from notifications.messages.facts import Facts, address
from notifications.messages.mail import Notice
from notifications.models import Delivery
from notifications.values import Draft, Kind, Way
from rollouts.plans.models import Rollout

LOUD = frozenset({Kind.PAGE, Kind.HALT, Kind.REQUEST})


def fallback(row: Delivery) -> list[Draft]:
    """E-mails in place of a Slack message. Other ways have no fallback: they are shown and can be retried."""
    if row.way != Way.SLACK or "response_url" in row.payload:
        return []
    if "mail" in row.refs:
        return [_instead(row)]
    rollout = Rollout.objects.select_related("owner", "team").filter(slug=row.rollout).first()
    if rollout is None:
        return []
    if row.of_id is not None:
        return (
            [_below(row)]
            if row.code in {"message_not_found", "cant_update_message", "edit_window_closed"}
            else []
        )
    if row.kind in LOUD:
        return list(_mails(row, rollout))
    return list(_once_a_day(row, rollout))


def _instead(row: Delivery) -> Draft:
    """What one person was to read in Slack, by e-mail; its key keeps it from going there twice."""
    kept = row.refs["mail"]
    return Draft(
        key=kept["key"],
        way=Way.EMAIL,
        target=kept["target"],
        thread=f"email:{kept['target']}:{row.rollout}",
        kind=Kind(row.kind),
        payload=kept["payload"],
        rollout=row.rollout,
        event_id=row.event_id,
    )


def _below(row: Delivery) -> Draft:
    """A message that cannot be drawn anew is followed by one in the thread."""
    return Draft(
        key=f"{row.key}:below",
        way=Way.SLACK,
        target=row.target,
        thread=f"slack:{row.target}:{row.rollout}",
        kind=Kind.UPDATE,
        payload={"text": row.payload["text"], "blocks": []},
        rollout=row.rollout,
        event_id=row.event_id,
        in_thread=True,
    )


def _mails(row: Delivery, rollout: Rollout) -> Iterator[Draft]:
    """The same words by e-mail: to the owner, and to those on call when it is urgent."""
    people = {person.pk: person for person in owners(rollout)}
    if row.kind != Kind.REQUEST:
        people |= {person.pk: person for person in on_call(rollout)}
    url = address(f"/escalations/E-{row.run}/") if row.run else Facts(rollout).url
    for person in people.values():
        notice = Notice(
            subject=str(row.payload["text"]).partition(". ")[0][:120],
            headline=str(row.payload["text"])[:300],
            lead=f"Slack did not take this message for {row.target} ({row.code}).",
            action_url=url,
            action_word="Open",
            why="You get this because you own this rollout, or are on call for a service in it.",
        )
        yield Draft(
            key=f"{row.key}:fallback:{person.pk}"[:200],
            way=Way.EMAIL,
            target=person.email,
            thread=f"fallback:{row.pk}:{person.pk}",
            kind=Kind(row.kind),
            payload=notice.payload(),
            rollout=row.rollout,
            event_id=row.event_id,
            run=row.run,
        )


def _once_a_day(row: Delivery, rollout: Rollout) -> Iterator[Draft]:
    """For quiet messages the owner hears once a day that the channel does not work."""
    day = datetime.now(UTC).date()
    for person in owners(rollout):
        notice = Notice(
            subject=f"Slack: {row.target} does not take messages of {rollout.title}",
            headline=f"Messages for {row.target} do not arrive",
            lead=row.error or row.code,
            action_url=Facts(rollout).url,
            action_word="See what was not sent",
            why="You get this because you own this rollout.",
        )
        yield Draft(
            key=f"trouble:{row.target}:{row.code}:{rollout.slug}:{person.pk}:{day}"[:200],
            way=Way.EMAIL,
            target=person.email,
            thread=f"email:{person.email}:{rollout.slug}",
            kind=Kind.UPDATE,
            payload=notice.payload(),
            rollout=rollout.slug,
        )
