"""The log refuses to be changed, and a change that is forced is named."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from rollouts.audit import services
from rollouts.audit.models import Content, Event, Followup, Stream
from rollouts.audit.registry import Follower, followers
from rollouts.audit.values import SYSTEM, Actor, EventView, Face
from rollouts.audit.verify import verify
from rollouts.lib.clock import database_now

pytestmark = pytest.mark.django_db(transaction=True)

MINA = Actor("person", "7", "Mina Okafor")


def write(stream: str, count: int = 1, kind: str = "test.happened") -> list[EventView]:
    made = []
    for number in range(count):
        with transaction.atomic():
            made.append(
                services.append(
                    stream=stream, kind=kind, actor=MINA, face=Face.PAGE,
                    content={"reason": f"because {number}"}, at=database_now(),
                )
            )  # fmt: skip
    return made


def force(sql: str, *params: Any) -> None:
    """Changes the log as somebody with the database's own password would."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(sql, params)
        finally:
            cursor.execute("SET session_replication_role = origin")


def test_events_of_a_stream_are_numbered_and_chained() -> None:
    first, second = write("rollout:a", 2)
    assert (first.seq, second.seq) == (1, 2)
    assert Event.objects.get(pk=second.id).previous == Event.objects.get(pk=first.id).hash
    assert Stream.objects.get(key="rollout:a").head_hash == Event.objects.get(pk=second.id).hash
    assert verify().faults == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE audit_event SET kind = 'other'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "DELETE FROM audit_content",
        "UPDATE audit_content SET body = '{}'",
        "UPDATE audit_stream SET head_seq = 0",
        "DELETE FROM audit_stream",
    ],
)
def test_the_database_refuses_to_change_the_log(sql: str) -> None:
    write("rollout:a", 2)
    with pytest.raises(DatabaseError, match="append-only"), connection.cursor() as cursor:
        cursor.execute(sql)
    assert verify().faults == []


def faults(what: str) -> list[tuple[str, int]]:
    return [(fault.stream, fault.seq) for fault in verify().faults if fault.what == what]


def test_verify_names_a_changed_event() -> None:
    write("rollout:a", 3)
    force("UPDATE audit_event SET kind = 'other' WHERE seq = 2")
    assert ("rollout:a", 2) in faults("changed")


def test_verify_names_changed_content() -> None:
    events = write("rollout:a", 3)
    force(
        "UPDATE audit_content SET body = jsonb_set(body, '{content,reason}', '\"x\"') WHERE event_id = %s",
        events[1].id,
    )
    assert faults("changed") == [("rollout:a", 2)]


def test_verify_names_a_removed_event() -> None:
    write("rollout:a", 3)
    force("DELETE FROM audit_event WHERE seq = 2")
    assert ("rollout:a", 2) in faults("removed")


def test_verify_names_a_removed_first_event() -> None:
    write("rollout:a", 3)
    force("DELETE FROM audit_event WHERE seq = 1")
    assert ("rollout:a", 1) in faults("removed")


def test_verify_names_reordered_events() -> None:
    write("rollout:a", 4)
    force("UPDATE audit_event SET seq = 5 - seq + 100 WHERE seq IN (2, 3)")
    force("UPDATE audit_event SET seq = seq - 100 WHERE seq > 100")
    assert faults("reordered") == [("rollout:a", 2), ("rollout:a", 3), ("rollout:a", 4)]


def test_verify_names_an_inserted_event() -> None:
    write("rollout:a", 2)
    force(
        "INSERT INTO audit_event (stream, seq, kind, at, digest, previous, hash)"
        " SELECT stream, 3, kind, at, digest, hash, repeat('1', 64) FROM audit_event WHERE seq = 2"
    )
    assert ("rollout:a", 3) in faults("inserted")


def test_verify_names_a_cut_off_tail() -> None:
    write("rollout:a", 3)
    force("DELETE FROM audit_event WHERE seq = 3")
    assert faults("cut_off") == [("rollout:a", 3)]


def test_a_checkpoint_shows_a_tail_cut_off_with_its_head() -> None:
    first, second, _ = write("rollout:a", 3)
    services.checkpoint()
    force("DELETE FROM audit_event WHERE seq = 3")
    force("UPDATE audit_stream SET head_seq = 2, head_hash = %s", Event.objects.get(pk=second.id).hash)
    assert faults("cut_off") == [("rollout:a", 3)]
    assert first.seq == 1


def test_a_checkpoint_shows_a_dropped_stream() -> None:
    write("rollout:a", 2)
    services.checkpoint()
    force("DELETE FROM audit_event")
    force("DELETE FROM audit_stream")
    assert faults("removed") == [("rollout:a", 1)]


def test_a_forged_checkpoint_is_named() -> None:
    write("rollout:a", 2)
    services.checkpoint()
    force("UPDATE audit_checkpoint SET heads = '{}'")
    assert [fault.stream for fault in verify().faults] == ["checkpoint"]


def test_erasing_a_persons_words_keeps_the_chain_whole() -> None:
    (event,) = write("rollout:a")
    services.erase(event_id=event.id, actor=SYSTEM, face=Face.COMMAND, reason="asked by the person")
    assert verify().faults == []
    assert services.read(event.id).erased
    assert "because" not in json.dumps(Content.objects.get(pk=event.id).body)


def test_content_that_only_claims_to_be_erased_is_named() -> None:
    """The database lets content change once, with the mark of an erasure; the log must tell of it."""
    first, second = write("rollout:a", 2)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_content SET body = '{}', erased_at = now() WHERE event_id = %s", [second.id]
        )
    assert faults("changed") == [("rollout:a", 2)]
    services.erase(event_id=first.id, actor=SYSTEM, face=Face.COMMAND, reason="asked by the person")
    assert faults("changed") == [("rollout:a", 2)]
    force("UPDATE audit_content SET body = '{\"content\": {}}' WHERE event_id = %s", first.id)
    assert faults("changed") == [("rollout:a", 1), ("rollout:a", 2)]


def test_an_erasure_whose_own_words_are_erased_still_counts() -> None:
    (event,) = write("rollout:a")
    told = services.erase(event_id=event.id, actor=MINA, face=Face.COMMAND, reason="asked by Ruth")
    services.erase(event_id=told.id, actor=SYSTEM, face=Face.COMMAND, reason="a name stood in it")
    assert verify().faults == []
    assert "Ruth" not in json.dumps(Content.objects.get(pk=told.id).body)


def test_one_stream_is_held_against_the_checkpoints_too() -> None:
    write("rollout:a", 2)
    write("rollout:b", 2)
    services.checkpoint()
    force("DELETE FROM audit_event WHERE stream = 'rollout:a'")
    force("DELETE FROM audit_stream WHERE key = 'rollout:a'")
    assert [fault.what for fault in verify("rollout:a").faults] == ["removed"]
    assert verify("rollout:b").faults == []


@pytest.mark.parametrize("action", ["verify", "export"])
def test_the_command_refuses_a_stream_that_never_was(action: str) -> None:
    write("rollout:a")
    said = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("audit", action, "--stream", "rollout:b", stdout=StringIO(), stderr=said)
    assert stopped.value.code == 2
    assert "There is no stream rollout:b." in said.getvalue()


def test_the_command_says_whole_and_exits_with_1_when_not() -> None:
    write("rollout:a", 2)
    out = StringIO()
    call_command("audit", "verify", "--json", stdout=out)
    assert json.loads(out.getvalue())["whole"] is True
    force("DELETE FROM audit_event WHERE seq = 2")
    with pytest.raises(SystemExit) as stopped:
        call_command("audit", "verify", stdout=StringIO())
    assert stopped.value.code == 1


def test_export_writes_every_event_as_a_json_line() -> None:
    write("rollout:a", 3)
    out = StringIO()
    call_command("audit", "export", "--stream", "rollout:a", stdout=out)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["seq"] for line in lines] == [1, 2, 3]
    assert lines[0]["body"]["actor"]["name"] == "Mina Okafor"


def test_appending_outside_a_transaction_is_refused() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.append(stream="s", kind="k", actor=MINA, face=Face.PAGE, content={}, at=database_now())


# --- following ---


@pytest.fixture
def follower() -> Iterator[list[int]]:
    """A follower that keeps what it was given, and fails while `failing` is in the list."""
    seen: list[Any] = []

    def follow(event: EventView) -> None:
        if "failing" in seen:
            raise RuntimeError("not now")
        seen.append(event.seq)

    followers._entries["test"] = Follower("test", lambda kind: kind.startswith("test."), follow)
    yield seen
    followers._entries.pop("test")


def test_followers_get_events_of_a_stream_in_order(follower: list[Any]) -> None:
    events = write("rollout:a", 3)
    rows = {row.seq: row.pk for row in Followup.objects.filter(follower="test")}
    services.run_followup(rows[3])
    assert follower == []
    services.follow_now(events[0].id)
    assert follower == [1, 2, 3]


def test_a_failing_follower_backs_off_is_parked_and_passed(follower: list[Any]) -> None:
    events = write("rollout:a", 2)
    follower.append("failing")
    for _ in range(services.PARK_AFTER_TRIES):
        Followup.objects.filter(follower="test").update(due_at=database_now())
        services.run_followup(Followup.objects.get(follower="test", seq=1).pk)
    parked = Followup.objects.get(follower="test", seq=1)
    assert parked.parked_at is not None
    assert "not now" in parked.error
    follower.clear()
    services.follow_now(events[1].id)
    assert follower == [2]
    services.retry_followup(pk=parked.pk)
    services.run_followup(parked.pk)
    assert follower == [2, 1]


def test_a_follow_up_runs_once_however_often_it_is_asked(follower: list[Any]) -> None:
    write("rollout:a")
    pk = Followup.objects.get(follower="test").pk
    services.run_followup(pk)
    services.run_followup(pk)
    assert follower == [1]


def test_a_key_recalls_its_event_and_refuses_another_request() -> None:
    (event,) = write("rollout:a")
    now = database_now()
    with transaction.atomic():
        services.remember(actor=MINA, key="k", request={"a": 1}, event=event, now=now)
    recalled = services.recall(actor=MINA, key="k", request={"a": 1}, now=now)
    assert recalled is not None
    assert recalled.id == event.id
    with pytest.raises(services.KeyReused):
        services.recall(actor=MINA, key="k", request={"a": 2}, now=now)


def test_one_claim_catches_up_with_what_waits_behind_it(follower: list[Any]) -> None:
    """After an outage a stream is not one event a tick."""
    write("rollout:a", 5)
    services.catch_up(Followup.objects.get(follower="test", seq=1).pk)
    assert follower == [1, 2, 3, 4, 5]


def test_what_is_no_head_catches_up_with_nothing(follower: list[Any]) -> None:
    write("rollout:a", 3)
    services.catch_up(Followup.objects.get(follower="test", seq=2).pk)
    assert follower == []
