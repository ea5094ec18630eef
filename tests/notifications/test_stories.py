"""What people are told, where, and how it changes: from the log's events to Slack and mail."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from demo.mailbox.server import LocalMailbox
from demo.slack.server import LocalSlack
from notifications.models import Delivery
from notifications.values import Card, State, Way
from rollouts.accounts.models import Person
from rollouts.approvals.models import Request, Vote
from rollouts.approvals.services import policy_to_json
from rollouts.approvals.values import Policy
from rollouts.audit.values import Face
from rollouts.escalations import services as escalations
from rollouts.plans.models import Rollout
from tests.escalations import factories as e
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        element["action_id"]
        for block in message.get("blocks", [])
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def words(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def ask(rollout: Rollout, at: datetime, *, stage: int = 2, quorum: int = 2) -> Request:
    return Request.objects.create(
        rollout=rollout,
        revision=rollout.revisions.get(number=1),
        digest="9f3ce21a",
        stage=stage,
        gate="approval-all",
        policy=policy_to_json(Policy(quorum=quorum)),
        opened_at=at,
        expires_at=at + timedelta(hours=24),
    )


def asked(rollout: Rollout, *, stage: int = 2) -> Request:
    """The promotion to stage 1 asks for the approval of stage 2."""
    at = datetime.now(UTC)
    request = ask(rollout, at, stage=stage)
    event = e.append(rollout, "rollout.started", at=at, sentence="Mina started it.", stage=1)
    from rollouts.audit import services

    services.follow_now(event.id)
    return request


def vote(request: Request, person: Person, ballot: str = "approve", **fields: Any) -> None:
    Vote.objects.create(
        request=request,
        person=person,
        ballot=ballot,
        teams=["orders"],
        face="page",
        at=datetime.now(UTC),
        **fields,
    )


def top(slack: LocalSlack, channel: str = "#rollouts") -> list[dict[str, Any]]:
    return [m for m in slack.messages(channel) if "thread_ts" not in m]


def below(slack: LocalSlack) -> list[str]:
    return [m["text"] for m in slack.messages("#rollouts") if "thread_ts" in m]


def test_the_channel_gets_requests_promotions_and_halts_and_its_thread_the_rest(slack: LocalSlack) -> None:
    rollout = e.rollout()
    seen = []
    for happens in (
        lambda: asked(rollout),
        lambda: e.happen(
            rollout, "rollout.held", sentence="Mina held the rollout.", reason="Lunch <!channel>"
        ),
        lambda: e.happen(rollout, "rollout.resumed", sentence="Mina resumed the rollout."),
        lambda: e.happen(rollout, "rollout.promoted", sentence="Mina promoted it.", stage=2),
        lambda: e.halt(rollout),
        lambda: e.happen(rollout, "rollout.rolled_back", sentence="It is rolled back."),
    ):
        happens()
        f.pump_all()
        seen.append([m["text"].split(":")[0] for m in top(slack)])
    assert [len(heads) for heads in seen] == [2, 2, 2, 3, 4, 4]
    assert seen[0] == ["Started", "Approval asked"]
    assert (seen[3][-1], seen[4][-1]) == ("Promoted", "Halted")
    assert below(slack)[0] == "Orders v3: Mina held the rollout. “Lunch <!channel>”"
    held = slack.messages("#rollouts")
    assert any("“Lunch &lt;!channel&gt;”" in words(m) for m in held), "what people write is escaped"
    assert not any("<!channel>" in words(m) for m in held)
    assert below(slack)[-1] == "Orders v3: It is rolled back."


def test_an_approval_is_asked_with_evidence_and_buttons_in_the_channel_and_by_mail(
    slack: LocalSlack, mailbox: LocalMailbox
) -> None:
    rollout = e.rollout()
    author = e.person("Mina Okafor", role="approver")
    rollout.revisions.update(author_ref=str(author.pk))
    priya, jonas = e.person("Priya Natarajan", role="approver"), e.person("Jonas Lindqvist", role="approver")
    e.person("Vera Viewer", role="viewer")
    f.link(jonas, "U01JONAS")
    asked(rollout)
    f.pump_all()
    (message,) = [m for m in top(slack) if m["text"].startswith("Approval asked")]
    assert message["text"].startswith("Approval asked: Orders v3, stage 2. “approval-all”: 0 of 2 given.")
    assert buttons(message) == ["rollout.approve", "rollout.open", "rollout.halt"]
    said = words(message)
    assert "<@U01JONAS>" in said
    assert "*Now:* 10 %" in said
    assert "*After:* 100 %" in said
    assert "*Way back:* Flag off, about 4 min" in said
    assert "`9f3ce21a`" in said
    mails = [mail for mail in mailbox.messages() if mail.subject.startswith("Approval asked")]
    assert sorted(mail.to[0] for mail in mails) == sorted([priya.email, jonas.email]), "not the author"
    assert "/rollouts/orders-v3/" in mails[0].text
    assert "0 of 2 approved" in mails[0].text


def test_votes_redraw_the_request_and_the_last_one_takes_its_buttons(slack: LocalSlack) -> None:
    rollout, priya, jonas = e.rollout(), e.person("Priya"), e.person("Jonas")
    request = asked(rollout)
    f.pump_all()
    vote(request, priya)
    e.happen(rollout, "rollout.voted", sentence="Priya approved stage 2.")
    f.pump_all()
    (message,) = [m for m in top(slack) if m["text"].startswith("Approv")]
    assert "“approval-all”: 1 of 2 given." in message["text"]
    assert "Approved by Priya at " in words(message)
    assert "rollout.approve" in buttons(message)
    vote(request, jonas, reason="The numbers are calm.")
    e.happen(rollout, "rollout.voted", sentence="Jonas approved stage 2.")
    f.pump_all()
    (message,) = [m for m in top(slack) if m["text"].startswith("Approv")]
    assert (
        message["text"] == "Approved: Orders v3, stage 2. Approved by Priya and Jonas. The numbers are calm."
    )
    assert buttons(message) == []


def test_a_rejection_says_who_and_why(slack: LocalSlack) -> None:
    rollout, priya = e.rollout(), e.person("Priya")
    request = asked(rollout)
    vote(request, priya, "reject", reason="Invoicing is not ready.")
    e.happen(
        rollout, "rollout.rejected", sentence="Priya rejected stage 2.", reason="Invoicing is not ready."
    )
    f.pump_all()
    (message,) = [m for m in top(slack) if m["text"].startswith("Rejected")]
    assert "Priya rejected it." in words(message)
    assert "“Invoicing is not ready.”" in words(message)
    assert buttons(message) == []


def test_a_plan_that_is_withdrawn_settles_its_request(slack: LocalSlack) -> None:
    rollout = e.rollout(state="proposed")
    at = datetime.now(UTC)
    request = ask(rollout, at, stage=0)
    from rollouts.audit import services

    services.follow_now(e.append(rollout, "rollout.proposed", at=at, sentence="Mina proposed revision 1.").id)
    f.pump_all()
    (message,) = top(slack)
    assert message["text"].startswith("Approval asked: Orders v3, plan revision 1")
    assert buttons(message) == ["rollout.approve", "rollout.open"], "nothing runs that could be halted"
    Request.objects.filter(pk=request.pk).update(settled_at=at, outcome="withdrawn")
    e.happen(rollout, "rollout.withdrawn", sentence="Mina withdrew revision 1.")
    f.pump_all()
    (message,) = top(slack)
    assert message["text"].startswith("Withdrawn: Orders v3, plan revision 1. Mina withdrew revision 1.")
    assert Delivery.objects.get(card=Card.APPROVAL).settled


def test_a_ready_stage_with_all_approvals_offers_to_promote_and_settles_afterwards(slack: LocalSlack) -> None:
    rollout = e.rollout()
    request = asked(rollout)
    rollout.stages.filter(number=1).update(state="ready")
    e.happen(rollout, "rollout.stage_ready", sentence="Stage 1 is ready.")
    f.pump_all()
    assert not any(m["text"].startswith("Ready") for m in top(slack)), "approvals are missing"
    for name in ("Priya", "Jonas"):
        vote(request, e.person(name))
    e.happen(rollout, "rollout.voted", sentence="Jonas approved stage 2.")
    e.happen(rollout, "rollout.voted", sentence="Ada approved stage 2.")
    f.pump_all()
    (ready,) = [m for m in top(slack) if m["text"].startswith("Ready")]
    assert ready["text"] == "Ready to promote: Orders v3, stage 2. 10 % now, 100 % after."
    assert buttons(ready) == ["rollout.promote", "rollout.open", "rollout.halt"]
    e.happen(rollout, "rollout.promoted", sentence="Ada promoted the rollout to stage 2.", stage=2)
    f.pump_all()
    assert [m["text"] for m in top(slack) if "stage 2." in m["text"] and not buttons(m)][-1] == (
        "Promoted: Orders v3, stage 2. Ada promoted the rollout to stage 2."
    )
    started = next(m for m in top(slack) if m["text"].startswith("Promoted: Orders v3, stage 1"))
    assert buttons(started) == [], "its Halt moved on with the rollout"


def test_a_halt_is_told_with_what_the_gate_said_and_changes_with_the_answer(
    slack: LocalSlack, mailbox: LocalMailbox
) -> None:
    owner = e.person("Ruth Adeyemi", role="approver")
    rollout = e.rollout(owner=owner)
    e.policy(["#orders-on-call"])
    e.halt(rollout)
    f.pump_all()
    halted = top(slack)[0]
    assert halted["text"].startswith("Halted: Orders v3, stage 1 of 2. Gatehouse halted the rollout")
    assert "31 of 420 requests failed, 7.38 %" in words(halted)
    assert buttons(halted) == ["escalation.acknowledge", "rollout.open", "rollout.roll_back"]
    assert "Halted: Orders v3" in [mail.subject for mail in mailbox.messages(to=owner.email)]
    escalations.acknowledge(run=e.the_run().pk, actor=owner.actor, face=Face.SLACK)
    e_follow()
    f.pump_all()
    halted = top(slack)[0]
    assert buttons(halted) == ["rollout.open", "rollout.roll_back"]
    assert "Ruth Adeyemi acknowledged" in words(halted)
    e.happen(
        rollout, "rollout.rolling_back", sentence="Ruth Adeyemi rolls the rollout back.", actor=owner.actor
    )
    f.pump_all()
    halted = top(slack)[0]
    assert halted["text"].startswith("Rolling back: Orders v3, stage 1 of 2. Ruth Adeyemi rolls")
    assert buttons(halted) == []


def e_follow() -> None:
    """Follows what services appended by themselves."""
    from rollouts.audit import services
    from rollouts.audit.models import Followup

    for event_id in Followup.objects.open().order_by("seq").values_list("event_id", flat=True).distinct():
        services.follow_now(event_id)


def test_a_level_pages_people_by_mail_and_slack_and_channels_and_the_answer_settles_the_pages(
    slack: LocalSlack, mailbox: LocalMailbox
) -> None:
    mina = e.person("Mina Okafor", role="viewer")
    f.link(mina, "U01MINA")
    e.policy([f"person {mina.email}", "#orders-on-call"], ["person mina@fernhill.example"])
    e.halt(e.rollout())
    e_follow()
    f.pump_all()
    run = e.the_run()
    keys = set(Delivery.objects.filter(run=run.pk).values_list("key", flat=True))
    assert keys == {
        f"{run.pk}:0:1:person:{mina.pk}:email",
        f"{run.pk}:0:1:person:{mina.pk}:slack",
        f"{run.pk}:0:1:channel:#orders-on-call:slack",
    }
    (direct,) = slack.messages("U01MINA")
    assert direct["text"].startswith("You are paged: Orders v3, level 1. Gatehouse halted the rollout")
    assert buttons(direct) == ["escalation.acknowledge", "escalation.next", "escalation.open"]
    assert len(slack.messages("#orders-on-call")) == 1
    (mail,) = [m for m in mailbox.messages(to=mina.email) if m.subject.startswith("You are paged")]
    assert f"/escalations/E-{run.pk}/" in mail.text
    escalations.acknowledge(run=run.pk, actor=mina.actor, face=Face.PAGE, note="On it.")
    e_follow()
    f.pump_all()
    for channel in ("U01MINA", "#orders-on-call"):
        (message,) = slack.messages(channel)
        assert message["text"].startswith("Acknowledged: Orders v3. Mina Okafor acknowledged")
        assert "“On it.”" in words(message)
        assert buttons(message) == []
    assert "Orders v3: Mina Okafor acknowledged the escalation at level 1. “On it.”" in below(slack)


def test_a_page_is_not_sent_after_the_answer(slack: LocalSlack, mailbox: LocalMailbox) -> None:
    mina = e.person("Mina Okafor", role="viewer")
    e.policy([f"person {mina.email}"])
    e.halt(e.rollout())
    e_follow()
    escalations.acknowledge(run=e.the_run().pk, actor=mina.actor, face=Face.PAGE)
    f.pump_all()
    assert not [m for m in mailbox.messages(to=mina.email) if m.subject.startswith("You are paged")]
    page = Delivery.objects.get(kind="page")
    assert (page.state, page.code) == (State.SUPERSEDED, "answered")


def test_a_page_that_slack_refuses_goes_by_mail(slack: LocalSlack, mailbox: LocalMailbox) -> None:
    owner, oncall = e.person("Ruth Adeyemi"), e.person("Kofi Mensah")
    team = e.team()
    team.on_call = oncall
    team.save()
    slack.archive("#orders-on-call")
    e.policy(["#orders-on-call"])
    e.halt(e.rollout(owner=owner))
    e_follow()
    f.pump_all()
    for person in (owner, oncall):
        (mail,) = [m for m in mailbox.messages(to=person.email) if m.subject.startswith("You are paged")]
        assert "is_archived" in mail.text
    page = Delivery.objects.get(way=Way.SLACK, kind="page")
    assert (page.state, page.code) == (State.FAILED, "is_archived")


def test_quiet_messages_that_slack_refuses_are_told_to_the_owner_once_a_day(
    slack: LocalSlack, mailbox: LocalMailbox
) -> None:
    rollout = e.rollout(owner=e.person("Ruth Adeyemi"))
    slack.archive("#rollouts")
    for kind in ("rollout.held", "rollout.resumed", "rollout.held"):
        e.happen(rollout, kind)
    f.pump_all()
    assert len(mailbox.messages()) == 1
    assert Delivery.objects.troubled().count() == 3


def test_a_level_that_reaches_nobody_is_told_to_the_owner(slack: LocalSlack, mailbox: LocalMailbox) -> None:
    owner = e.person("Ruth Adeyemi")
    e.policy(["on-call orders"])
    e.halt(e.rollout(owner=owner))
    e_follow()
    f.pump_all()
    subjects = [mail.subject for mail in mailbox.messages(to=owner.email)]
    assert sum(subject.startswith("Nobody answers") for subject in subjects) == 2  # the level, and the end


def test_an_override_tells_every_approver_who_was_passed_over(
    slack: LocalSlack, mailbox: LocalMailbox
) -> None:
    rollout, priya = e.rollout(), e.person("Priya", role="approver")
    request = ask(rollout, datetime.now(UTC))
    moved = e.moved(override=["approval-all"], skipped_requests=[str(request.pk)])
    e.happen(rollout, "rollout.promoted", stage=2, moved=moved, reason="Ships at noon.")
    f.pump_all()
    (mail,) = mailbox.messages(to=priya.email)
    assert mail.subject == "Override: Orders v3 went on without your approval"
    assert "Ships at noon." in mail.text


def test_where_a_rollout_is_told(slack: LocalSlack) -> None:
    from notifications.audience import channel_of

    rollout = e.rollout()
    assert channel_of(rollout) == "#rollouts"
    e.service().__class__.objects.update(slack_channel="orders-service")
    assert channel_of(rollout) == "#orders-service"
    rollout.team.slack_channel = "#orders-team"
    assert channel_of(rollout) == "#orders-team"
    rollout.visibility = "private"
    assert channel_of(rollout) == "#orders-team"
    rollout.team.slack_channel = ""
    assert channel_of(rollout) == "", "a private rollout is told in the team's own channel only"


def test_without_slack_everything_goes_by_mail(settings: Any, mailbox: LocalMailbox) -> None:
    settings.SLACK_BOT_TOKEN = ""
    owner = e.person("Ruth Adeyemi")
    e.policy(["#orders-on-call"])
    e.halt(e.rollout(owner=owner))
    e_follow()
    f.pump_all()
    assert not Delivery.objects.filter(way=Way.SLACK).exists()
    assert {mail.subject for mail in mailbox.messages(to=owner.email)} == {
        "Halted: Orders v3",
        "You are paged: Orders v3, level 1",
    }


def test_following_twice_writes_nothing_twice(slack: LocalSlack) -> None:
    from notifications import following

    rollout = e.rollout(owner=e.person("Ruth Adeyemi"))
    event = e.halt(rollout)
    count = Delivery.objects.count()
    following.follow(event)
    assert Delivery.objects.count() == count


def test_long_words_are_cut_to_what_slack_takes(slack: LocalSlack) -> None:
    rollout = e.rollout(title="T" * 200)
    asked(rollout)
    e.happen(rollout, "rollout.held", sentence="s" * 5000, reason="&" * 5000)
    e.halt(rollout)
    e_follow()
    f.pump_all()
    assert not Delivery.objects.troubled().filter(way=Way.SLACK).exists()
    assert len(slack.messages("#rollouts")) >= 4
