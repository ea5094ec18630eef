"""What must be true when everything has come to rest, by the log, the tables and the receivers' own logs."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from demo.mailbox.server import LocalMailbox
from demo.receiver import Receiver
from demo.slack.server import LocalSlack
from notifications.channels.email import message_id
from notifications.models import Delivery, WebhookEndpoint
from notifications.rules.stories import QUIET
from notifications.values import State, Way
from rollouts.audit.models import ClientKey, Content, Event, Followup
from rollouts.audit.verify import verify
from rollouts.decisions.replaying import replay
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.faults.clients import Client

CHANNEL = "#rollouts"


def rest(patience_s: float = 60.0) -> float:
    """Waits until nothing is open; how long that took, in seconds."""
    started, pause = time.monotonic(), threading.Event()
    while left := _open():
        if time.monotonic() - started > patience_s:
            raise AssertionError(f"Still open after {patience_s:.0f} s: {left}")
        pause.wait(0.1)
    return time.monotonic() - started


def _open() -> list[str]:
    soon = database_now() + timedelta(seconds=1)
    follow = Followup.objects.open().filter(parked_at__isnull=True).order_by("pk")
    found = [f"{row.follower} {row.seq} {row.attempts} {row.due_at} {row.error}" for row in follow[:5]]
    waiting = Delivery.objects.open().order_by("pk")
    found += [f"{row.key} {row.state} {row.attempts} {row.due_at} {row.error}" for row in waiting[:5]]
    found += [row.slug for row in Rollout.objects.due(soon)[:5]]
    return [*found, f"at {soon}: {follow.count()} {waiting.count()}"] if found else []


def every_acknowledged_decision_has_one_event(clients: Iterable[Client]) -> None:
    """And no event of a client is without its key: nothing was done twice under one name."""
    for client in clients:
        kept = dict(ClientKey.objects.filter(key__in=client.acknowledged).values_list("key", "event_id"))
        assert kept == client.acknowledged
        stream = Event.objects.filter(stream=f"rollout:{client.slug}").values("pk")
        mine = Content.objects.filter(event_id__in=stream, body__face="api")
        assert sorted(mine.values_list("event_id", flat=True)) == sorted(client.acknowledged.values())
        assert not ClientKey.objects.filter(key__in=client.refused).exists()


def nothing_was_given_up() -> None:
    assert not Followup.objects.filter(done_at__isnull=True).exists()
    assert not Delivery.objects.exclude(state__in=[State.SENT, State.SUPERSEDED]).exists()
    assert not Delivery.objects.filter(possible_repeat=True).exists()


def webhooks_arrived(receiver: Receiver, endpoint: WebhookEndpoint) -> int:
    """Every event's key is in the receiver's log, and no other; how many requests carried a key again."""
    arrived = receiver.requests()
    keys = Counter(each.headers["idempotency-key"] for each in arrived)
    events = Event.objects.filter(kind__startswith="rollout.").values_list("pk", flat=True)
    assert set(keys) == {f"event:{pk}:webhook:{endpoint.pk}" for pk in events}
    bodies = {(each.headers["idempotency-key"], each.body) for each in arrived}
    assert len(bodies) == len(keys)
    return len(arrived) - len(keys)


def slack_has_each_message_once(slack: LocalSlack) -> int:
    """Each key that is wanted stands in the channel once, by its metadata; each event is told there."""
    found = Counter(
        message["metadata"]["event_payload"]["key"] for message in slack.messages(CHANNEL.removeprefix("#"))
    )
    assert {key: count for key, count in found.items() if count > 1} == {}
    originals = Delivery.objects.filter(way=Way.SLACK, of__isnull=True, state=State.SENT)
    assert set(found) == set(originals.values_list("key", flat=True))
    told = Event.objects.filter(kind__startswith="rollout.").exclude(kind__in=QUIET)
    assert set(told.values_list("pk", flat=True)) <= {int(key.split(":")[1]) for key in found}
    return len(found)


def mails_arrived(mailbox: LocalMailbox, owner: int) -> int:
    """Every wanted mail's key is in the mailbox, and no other; how many mails carried a key again."""
    keys = Counter(mail.message_id for mail in mailbox.messages())
    sent = Delivery.objects.filter(way=Way.EMAIL, state=State.SENT).values_list("key", flat=True)
    assert set(keys) == {message_id(key) for key in sent}
    parts = [key.split(":") for key in sent if key.startswith("event:")]
    told = {(int(event), int(person)) for _, event, _, person, _ in parts}
    halts = Event.objects.filter(kind="rollout.halted").values_list("pk", flat=True)
    assert {(pk, owner) for pk in halts} <= told
    return sum(keys.values()) - len(keys)


def the_log_is_whole_and_leads_to_the_tables() -> None:
    assert verify().faults == []
    assert [each for each in replay() if each.differences] == []
