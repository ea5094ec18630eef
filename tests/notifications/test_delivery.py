"""Deliveries: in order, once, in spite of everything that happens on the way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from demo.slack.server import LocalSlack
from notifications.delivery import outcomes, queue, sending
from notifications.models import Delivery, Pace, Thread
from notifications.values import Kind, State
from rollouts.lib.clock import database_now
from tests.escalations import factories as e
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db


def texts(slack: LocalSlack, channel: str = "#rollouts") -> list[str]:
    return [message["text"] for message in slack.messages(channel)]


def test_messages_of_a_thread_arrive_in_order_and_the_rest_stands_below_the_first(slack: LocalSlack) -> None:
    f.write(
        f.draft("one", kind=Kind.REQUEST), f.draft("two", in_thread=True), f.draft("three", in_thread=True)
    )
    f.pump()
    first, second, third = slack.messages("#rollouts")
    assert [m["text"] for m in (first, second, third)] == ["one", "two", "three"]
    assert second["thread_ts"] == third["thread_ts"] == first["ts"]
    assert first["metadata"] == {"event_type": "gatehouse", "event_payload": {"key": "one"}}
    assert Thread.objects.get().head_ts == first["ts"]


def test_the_first_message_goes_to_the_channel_even_if_it_belongs_into_the_thread(slack: LocalSlack) -> None:
    f.write(f.draft("one", in_thread=True), f.draft("two", in_thread=True))
    f.pump()
    first, second = slack.messages("#rollouts")
    assert "thread_ts" not in first
    assert second["thread_ts"] == first["ts"]


def test_a_key_is_sent_once_however_often_it_is_written(slack: LocalSlack) -> None:
    for _ in range(3):
        f.write(f.draft("one"))
        f.pump()
    assert texts(slack) == ["one"]


def test_the_second_waits_while_the_first_is_tried_again(slack: LocalSlack) -> None:
    f.write(f.draft("one"), f.draft("two"), f.draft("other", thread="slack:#rollouts:another"))
    slack.refuse()
    f.pump()
    one, two, _ = Delivery.objects.order_by("pk")
    assert (one.attempts, one.state, one.code) == (1, State.PENDING, "unreachable")
    assert (two.attempts, two.state) == (0, State.PENDING)
    slack.start()
    f.pump_all()
    assert [t for t in texts(slack) if t != "other"] == ["one", "two"]


def test_after_five_tries_a_head_is_parked_shown_and_passed(slack: LocalSlack) -> None:
    f.write(f.draft("one"), f.draft("two"))
    slack.refuse()
    one = Delivery.objects.get(key="one")
    for _ in range(5):
        Delivery.objects.filter(key="one").update(due_at=database_now() - timedelta(seconds=1))
        sending.run(one.pk)
    one.refresh_from_db()
    assert (one.state, one.attempts, one.code) == (State.PENDING, 5, "unreachable")
    assert one.parked_at is not None
    assert list(Delivery.objects.troubled()) == [one]
    slack.start()
    f.pump_all()
    assert texts(slack) == ["two"]
    assert outcomes.retry(one.pk)
    f.pump_all()
    assert texts(slack)[0] == "two"
    assert texts(slack)[1].startswith("one Sent late: this is of ")
    assert not outcomes.retry(one.pk), "sent once"


def test_a_head_is_parked_after_two_minutes_too(slack: LocalSlack) -> None:
    (one,) = f.write(f.draft("one"))
    slack.refuse()
    f.pump()
    Delivery.objects.update(tried_at=database_now() - timedelta(minutes=3))
    f.pass_time(10)
    f.pump()
    one.refresh_from_db()
    assert one.attempts == 2
    assert one.parked_at is not None


@pytest.mark.parametrize("kind", [Kind.PAGE, Kind.HALT])
def test_pages_and_halts_never_wait_behind_another(slack: LocalSlack, kind: Kind) -> None:
    slack.archive("#broken")
    f.write(f.draft("stuck"), f.draft("urgent", kind=kind))
    Delivery.objects.filter(key="stuck").update(due_at=database_now() + timedelta(minutes=1))
    f.pump()
    assert texts(slack) == ["urgent"]


def test_urgent_messages_are_first_among_those_that_are_due(slack: LocalSlack) -> None:
    kinds = [Kind.UPDATE, Kind.PROMOTION, Kind.REQUEST, Kind.HALT, Kind.PAGE]
    f.write(*(f.draft(kind.value, kind=kind, thread=kind.value) for kind in kinds))
    f.pump()
    assert texts(slack) == ["page", "halt", "request", "promotion", "update"]


def test_our_own_pace_spreads_messages_and_lets_pages_pass(slack: LocalSlack, settings: Any) -> None:
    settings.GATEHOUSE_SLACK_PACE_S = 1.0
    f.write(
        f.draft("one", thread="1"), f.draft("two", thread="2"), f.draft("page", kind=Kind.PAGE, thread="3")
    )
    f.pump()
    assert texts(slack) == ["page"], "the page took the channel's second"
    waiting = Delivery.objects.open()
    assert all(row.attempts == 0 and row.due_at and row.due_at > database_now() for row in waiting)
    f.pass_time()
    f.pump()
    assert texts(slack) == ["page", "one"]


def test_a_rate_limit_pauses_the_channel_is_no_try_and_makes_no_message(slack: LocalSlack) -> None:
    one, two = f.write(f.draft("one"), f.draft("two", thread="other"))
    slack.ratelimit(next=1, retry_after=30)
    f.pump()
    one.refresh_from_db()
    assert one.due_at is not None
    assert (one.attempts, one.state, one.code) == (0, State.PENDING, "ratelimited")
    assert timedelta(seconds=28) < one.due_at - database_now() <= timedelta(seconds=30)
    two.refresh_from_db()
    assert two.due_at == Pace.objects.get(place="slack:#rollouts").paused_until_at, "the channel is paused"
    f.write(f.draft("elsewhere", target="#other", thread="third"))
    f.pump()
    assert texts(slack, "#other") == ["elsewhere"], "other channels are not"
    assert Delivery.objects.count() == 3
    f.pump_all()
    assert sorted(texts(slack)) == ["one", "two"]


def test_a_pause_asked_for_binds_pages_too(slack: LocalSlack) -> None:
    f.write(f.draft("page", kind=Kind.PAGE))
    slack.ratelimit(next=1, retry_after=30)
    f.pump()
    assert texts(slack) == []
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("doing", ["drop", "lease"])
def test_what_arrived_without_an_answer_is_found_by_its_key_and_not_sent_again(
    slack: LocalSlack, doing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if doing == "drop":
        slack.drop_reply_next()
    else:
        monkeypatch.setattr(outcomes, "sent", lambda *_: None)  # killed after the effect, before the mark
    one, two = f.write(f.draft("one"), f.draft("two", in_thread=True))
    f.pump()
    one.refresh_from_db()
    assert one.state == (State.UNKNOWN if doing == "drop" else State.SENDING)
    monkeypatch.undo()
    f.pump_all()
    assert texts(slack) == ["one", "two"]
    one.refresh_from_db()
    assert (one.state, one.external_ts) == (State.SENT, slack.messages("#rollouts")[0]["ts"])
    two.refresh_from_db()
    assert two.state == State.SENT


def test_a_reply_in_a_thread_is_found_too(slack: LocalSlack) -> None:
    f.write(f.draft("one"))
    f.pump()
    slack.drop_reply_next()
    f.write(f.draft("two", in_thread=True))
    f.pump_all()
    assert texts(slack) == ["one", "two"]
    assert Delivery.objects.get(key="two").attempts == 2


def test_a_page_to_a_person_is_found_in_their_conversation(slack: LocalSlack) -> None:
    slack.drop_reply_next()
    f.write(f.draft("page", kind=Kind.PAGE, target="U01MINA"))
    f.pump_all()
    assert texts(slack, "U01MINA") == ["page"]


def test_what_did_not_arrive_is_sent_again(slack: LocalSlack) -> None:
    slack.fail_next()
    f.write(f.draft("one"))
    f.pump()
    assert Delivery.objects.get().state == State.UNKNOWN
    f.pump_all()
    assert texts(slack) == ["one"]


def test_where_it_cannot_be_told_a_page_is_repeated_and_says_so_and_an_update_waits_for_a_person(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from notifications.channels import slack as way
    from notifications.channels.base import Permanent

    def unreadable(*_: object, **__: object) -> None:
        raise Permanent("missing_scope", "Slack refuses: missing_scope.")

    slack.drop_reply_next(2)
    f.write(f.draft("page", kind=Kind.PAGE, thread="1"), f.draft("update", thread="2"))
    f.pump()
    monkeypatch.setattr(way, "_search", unreadable)
    f.pump_all()
    said = texts(slack)
    assert said[:2] == ["page", "update"]
    assert said[2:] == ["page Possible repeat: whether this arrived before could not be told."]
    update = Delivery.objects.get(key="update")
    assert (update.state, update.code) == (State.UNKNOWN, "missing_scope")
    assert update.parked_at is not None
    monkeypatch.undo()
    outcomes.retry(update.pk)
    f.pump()
    assert len(texts(slack)) == 3, "a person's retry looks for it first"


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda slack: slack.archive("#rollouts"), "is_archived"),
        (lambda slack: slack.revoke(), "token_revoked"),
    ],
)
def test_what_slack_refuses_for_good_is_tried_once(slack: LocalSlack, break_it: Any, code: str) -> None:
    break_it(slack)
    f.write(f.draft("one"), f.draft("two"))
    f.pump()
    assert list(Delivery.objects.values_list("key", "state", "code", "attempts")) == [
        ("one", State.FAILED, code, 1),
        ("two", State.FAILED, code, 1),
    ]
    slack.archive("#rollouts", undo=True)
    slack.revoke(False)
    for row in Delivery.objects.troubled():
        assert outcomes.retry(row.pk)
    f.pump()
    assert sorted(texts(slack)) == ["one", "two"]


def test_an_unknown_channel_and_a_closed_one_fail_with_their_code(slack: LocalSlack) -> None:
    f.write(f.draft("one", target="#no-such-channel"), f.draft("two", target="#exec-only"))
    f.pump()
    assert set(Delivery.objects.values_list("code", flat=True)) == {"channel_not_found", "not_in_channel"}


def test_without_a_token_it_fails_with_a_code(slack: LocalSlack, settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""
    f.write(f.draft("one"))
    f.pump()
    assert Delivery.objects.get().code == "not_configured"


def test_a_fault_of_our_own_is_reported_and_stops_nobody(
    slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    f.write(f.draft("broken", payload={"blocks": []}), f.draft("well", thread="other"))
    f.pump()
    assert texts(slack) == ["well"]
    assert Delivery.objects.get(key="broken").error == "KeyError: 'text'"


# --- redraws -------------------------------------------------------------------------------------


def test_a_redraw_changes_the_message_and_keeps_its_key(slack: LocalSlack) -> None:
    original = f.card("card", text="Approve?")
    f.pump()
    f.redraw(original, "redraw-1", "Approved.")
    f.pump()
    (message,) = slack.messages("#rollouts")
    assert message["text"] == "Approved."
    assert message["metadata"]["event_payload"] == {"key": "card", "redraw": "redraw-1"}


def test_redraws_coalesce_to_the_newest(slack: LocalSlack) -> None:
    original = f.card("card", text="0 of 3")
    f.pump()
    for number in (1, 2, 3):
        f.redraw(original, f"redraw-{number}", f"{number} of 3")
    f.pump()
    assert texts(slack) == ["3 of 3"]
    assert len(slack.log("message.updated")) == 1
    states = dict(Delivery.objects.exclude(of=None).values_list("key", "state"))
    assert states == {"redraw-1": "superseded", "redraw-2": "superseded", "redraw-3": "sent"}


def test_a_card_that_was_not_sent_yet_is_sent_as_it_stands(slack: LocalSlack) -> None:
    original = f.card("card", text="Approve?")
    f.redraw(original, "redraw-1", "Approved.")
    f.pump_all()
    assert texts(slack) == ["Approved."]
    assert slack.log("message.updated") == []


def test_a_redraw_waits_for_its_original_and_takes_no_try(slack: LocalSlack) -> None:
    original = f.card("card", text="Approve?")
    Delivery.objects.update(state=State.SENDING, due_at=database_now() + timedelta(seconds=60))
    redraw = f.redraw(original, "redraw-1", "Approved.")
    f.pump()
    redraw.refresh_from_db()
    assert (redraw.state, redraw.attempts) == (State.PENDING, 0)


def test_the_redraw_of_a_card_that_failed_is_dropped_and_a_retry_sends_the_newest(slack: LocalSlack) -> None:
    slack.archive("#rollouts")
    original = f.card("card", text="Approve?")
    f.pump()
    f.redraw(original, "redraw-1", "Approved.")
    f.pump_all()
    assert Delivery.objects.get(key="redraw-1").state == State.SUPERSEDED
    slack.archive("#rollouts", undo=True)
    outcomes.retry(original.pk)
    f.pump_all()
    assert texts(slack) == ["Approved."]


def test_a_redraw_without_an_answer_is_simply_drawn_again(slack: LocalSlack) -> None:
    original = f.card("card", text="Approve?")
    f.pump()
    slack.drop_reply_next()
    f.redraw(original, "redraw-1", "Approved.")
    f.pump_all()
    assert texts(slack) == ["Approved."]
    assert Delivery.objects.get(key="redraw-1").state == State.SENT


def test_a_message_that_was_deleted_is_followed_by_one_in_its_thread(slack: LocalSlack) -> None:
    from slack_sdk import WebClient

    e.rollout()
    head = f.write(f.draft("head"))[0]
    original = f.card("card", text="Approve?")
    f.pump()
    original.refresh_from_db()
    web = WebClient(token=slack.token, base_url=f"{slack.url}/api/")
    web.chat_delete(channel=original.external_channel, ts=original.external_ts)
    f.redraw(original, "redraw-1", "Approved.")
    f.pump_all()
    assert texts(slack) == ["head", "Approved."]
    head.refresh_from_db()
    assert slack.messages("#rollouts")[1]["thread_ts"] == head.external_ts


# --- races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_once_and_in_order(slack: LocalSlack) -> None:
    f.write(*(f.draft(f"m{number:02}") for number in range(12)))
    barrier = Barrier(4)

    def work(_: int) -> None:
        try:
            barrier.wait()
            for _ in range(40):
                for pk in queue.due(database_now(), 50):
                    sending.run(pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    f.pump()
    assert texts(slack) == [f"m{number:02}" for number in range(12)]


@pytest.mark.django_db(transaction=True)
def test_whoever_comes_back_after_its_lease_marks_nothing(slack: LocalSlack) -> None:
    f.write(f.draft("one"))
    slow = queue.claim(Delivery.objects.get().pk)
    assert slow is not None
    f.pass_time()
    f.pump()
    assert Delivery.objects.get().attempts == 2
    from notifications.channels.base import Permanent

    outcomes.failed(slow, Permanent("late", "Too late."))
    assert Delivery.objects.get().state == State.SENT
