"""Undecided gates about which the plan asks people: who hears of it, by mail and in Slack, and how often."""

import json
from datetime import timedelta

import pytest

from demo.mailbox.server import LocalMailbox
from demo.slack.server import LocalSlack
from notifications.models import Delivery
from rollouts.audit import services as audit
from rollouts.audit.models import Event
from rollouts.decisions import services
from rollouts.gates.models import Gate
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.decisions import factories as make
from tests.decisions.test_timers import ERRORS
from tests.escalations import factories as e
from tests.notifications import factories as f
from tests.notifications.test_stories import asked

pytestmark = pytest.mark.django_db
RUNBOOK = "https://runbooks.example/orders"


def asking() -> Rollout:
    """In its first stage; its gate has been silent for longer than the plan lets pass without a question."""
    there = make.world()
    there.owners.on_call = there.jonas
    there.owners.save()
    gates = ERRORS.replace("kind: metric", f"kind: metric\n    runbook: {RUNBOOK}")
    text = make.plan_text(gates=gates, exit_="errors")
    policy = "bake: 10m\n    no_data: {after: 5m, then: ask}"
    row = make.running(there, source=text.replace("bake: 0s", policy, 1))
    silent(row)
    return row


def silent(row: Rollout) -> None:
    """The verdict turns to silence again, and has lasted."""
    now = database_now()
    Gate.objects.filter(rollout=row, name="errors", stage__number=1).update(
        verdict="no_data", sentence="Errors of Orders 3.0.0 cannot be said.", changed_at=now,
        no_data_since_at=now - timedelta(minutes=6),
    )  # fmt: skip


def looked_at(row: Rollout) -> None:
    """The system looks; what follows its questions is sent."""
    services.do_duties(rollout_id=row.pk)
    for pk in Event.objects.filter(kind="rollout.decision_asked").values_list("pk", flat=True):
        audit.follow_now(pk)
    f.pump_all()


def test_owner_and_person_on_call_are_asked_by_mail_with_what_the_gate_says(mailbox: LocalMailbox) -> None:
    looked_at(asking())
    mails = {mail.to[0]: mail for mail in mailbox.messages() if mail.subject.startswith("Decide")}
    assert sorted(mails) == ["jonas@example.test", "mina@example.test"]
    mail = mails["jonas@example.test"]
    assert mail.subject == "Decide: Orders v3"
    assert "Somebody is to decide on stage 1 (Canary): gate “Errors” has no data." in mail.text
    assert "Errors of Orders 3.0.0 cannot be said." in mail.text
    assert RUNBOOK in mail.text
    assert "/rollouts/orders-v3/" in mail.text


def test_slack_hears_it_in_the_thread_and_who_is_linked_in_person(slack: LocalSlack) -> None:
    row = asking()
    f.link(make.world().jonas, "U01JONAS")
    looked_at(row)
    thread = [message["text"] for message in slack.messages("#rollouts") if "thread_ts" in message]
    assert any("Somebody is to decide on stage 1" in text for text in thread)
    direct = Delivery.objects.filter(way="slack", target__contains="U01JONAS")
    assert [each.payload["text"] for each in direct if "Decide" in each.payload["text"]]


def test_a_verdict_is_asked_about_once_and_the_next_one_again() -> None:
    row = asking()
    for _ in range(3):
        services.do_duties(rollout_id=row.pk)
    assert Event.objects.filter(kind="rollout.decision_asked").count() == 1
    silent(row)
    services.do_duties(rollout_id=row.pk)
    asked = list(Event.objects.filter(kind="rollout.decision_asked").values_list("pk", flat=True))
    for pk in [*asked, *asked]:
        audit.follow_now(pk)
    told = Delivery.objects.filter(way="email", event_id__in=asked)
    assert len(asked) == 2
    assert sorted(told.values_list("target", flat=True)) == sorted(
        2 * ["jonas@example.test", "mina@example.test"]
    )


def test_what_binds_nobody_is_neither_counted_nor_taken_for_a_stop(slack: LocalSlack) -> None:
    row = e.rollout()
    stage = row.stages.get(number=1)
    for name, word, observe in (("errors", "pass", False), ("watched", "fail", True)):
        Gate.objects.create(
            rollout=row, stage=stage, name=name, title=name.title(), kind="metric", observe=observe,
            verdict=word, sentence=f"It is {word}.",
        )  # fmt: skip
    e.person("Priya Natarajan", role="approver")
    asked(row)
    f.pump_all()
    (message,) = [m for m in slack.messages("#rollouts") if m["text"].startswith("Approval asked")]
    assert "1 of 1 gates pass." in message["text"]
    said = json.dumps(message["blocks"], ensure_ascii=False)
    assert "It is fail. _Binds nobody by itself._" in said
    assert "It is pass. _Binds" not in said
