"""What people chose to hear: by mail, in Slack, or not at all; and what reaches them all the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from demo.mailbox.server import LocalMailbox
from demo.slack.server import LocalSlack
from notifications import wishes
from notifications.models import Delivery, Preference
from notifications.values import Topic, Way
from rollouts.accounts.models import Person
from tests.escalations import factories as e
from tests.notifications import factories as f
from tests.notifications.test_stories import ask, e_follow

pytestmark = pytest.mark.django_db
RUTH = "U01RUTH"
DRAFT = "Under way.\n\nNext: every order."


def targets() -> list[tuple[str, str]]:
    rows = Delivery.objects.exclude(target="#rollouts").order_by("way", "target", "pk")
    return list(rows.values_list("way", "target"))


def asked_for_update(owner: Person) -> None:
    rollout = e.rollout(owner=owner)
    e.happen(rollout, "rollout.update_asked", draft=DRAFT, sentence="An update for the readers is due.")


@pytest.fixture
def ruth() -> Person:
    return e.person("Ruth Adeyemi", role="approver")


def test_an_update_is_asked_of_the_owner_alone_with_the_draft_and_the_desk(
    slack: LocalSlack, mailbox: LocalMailbox, ruth: Person
) -> None:
    e.person("Mina Okafor", role="planner")
    e.person("Tomas Rey", role="admin")
    f.link(ruth, "U01MINA")
    asked_for_update(ruth)
    f.pump()
    (mail,) = mailbox.messages()
    assert list(mail.to) == [ruth.email]
    assert mail.subject == "Update due: Orders v3"
    for words in (mail.text, mail.html):
        assert "/rollouts/orders-v3/updates/" in words
        assert "Next: every order." in words
        assert "/me/notifications/" in words
    assert targets() == [("email", ruth.email), ("slack", "U01MINA")]
    assert slack.messages("#rollouts") == []
    said = Delivery.objects.get(way="slack").payload
    assert said["text"].startswith("Update due: Orders v3")
    assert "/rollouts/orders-v3/updates/" in str(said["blocks"])


def test_without_an_owner_the_planners_of_the_owning_team_are_asked(settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""
    mina = e.person("Mina Okafor", role="planner")
    e.person("Ruth Adeyemi", role="approver")
    e.happen(e.rollout(), "rollout.update_asked", draft="", sentence="An update for the readers is due.")
    assert targets() == [("email", mina.email)]


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        (Topic.MINE, "rollout.completed"),
        (Topic.HALTS, "rollout.halted"),
        (Topic.NEEDS_ME, "rollout.update_asked"),
    ],
)
def test_each_topic_goes_where_its_reader_chose(settings: Any, ruth: Person, topic: Topic, kind: str) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb"
    f.link(ruth, RUTH)
    rollout = e.rollout(owner=ruth)
    wishes.choose(ruth, {topic: [Way.SLACK]})
    e.happen(rollout, kind)
    assert targets() == [("slack", RUTH)]
    Delivery.objects.all().delete()
    wishes.choose(ruth, {topic: [Way.EMAIL]})
    e.happen(rollout, kind)
    assert targets() == [("email", ruth.email)]
    Delivery.objects.all().delete()
    if topic in wishes.ALWAYS:
        return
    wishes.choose(ruth, {topic: []})
    e.happen(rollout, kind)
    assert targets() == []


def test_reviews_are_a_topic_of_their_own(settings: Any, ruth: Person) -> None:
    settings.SLACK_BOT_TOKEN = ""
    rollout = e.rollout(owner=ruth)
    said = {"author": str(ruth.pk), "sentence": "A review was opened."}
    e.happen(rollout, "review.opened", **said)
    assert targets() == [("email", ruth.email)]
    Delivery.objects.all().delete()
    wishes.choose(ruth, {Topic.REVIEWS: []})
    e.happen(rollout, "review.opened", **said)
    assert targets() == []


def test_what_is_asked_of_somebody_always_arrives(settings: Any, ruth: Person) -> None:
    """Also when a row says otherwise, and when the only way chosen cannot be gone."""
    settings.SLACK_BOT_TOKEN = "xoxb"
    with pytest.raises(wishes.Refused):
        wishes.choose(ruth, {Topic.NEEDS_ME: []})
    wishes.choose(ruth, {Topic.NEEDS_ME: [Way.SLACK]})
    assert wishes.ways([ruth], Topic.NEEDS_ME)[ruth.pk] == wishes.Ways(True, "")
    Preference.objects.update(ways={"needs_me": []})
    rollout, at = e.rollout(), datetime.now(UTC)
    ask(rollout, at)
    e.happen(rollout, "rollout.started", at=at, stage=1)
    assert ("email", ruth.email) in targets()


def test_who_is_on_call_hears_of_a_halt_whatever_was_chosen(settings: Any, ruth: Person) -> None:
    settings.SLACK_BOT_TOKEN = ""
    rollout = e.rollout()
    wishes.choose(ruth, {Topic.HALTS: []})
    type(rollout.team).objects.filter(pk=rollout.team_id).update(on_call=ruth)
    e.happen(rollout, "rollout.halted")
    assert targets() == [("email", ruth.email)]


def test_pages_of_an_escalation_use_every_way_whatever_was_chosen(settings: Any, ruth: Person) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb"
    f.link(ruth, RUTH)
    wishes.choose(ruth, dict.fromkeys(Topic, [Way.SLACK]) | {Topic.HALTS: []})
    e.policy([f"person {ruth.email}"])
    e.halt(e.rollout())
    e_follow()
    assert {("email", ruth.email), ("slack", RUTH)} <= set(targets())


def test_what_slack_refuses_goes_by_mail_once(slack: LocalSlack, mailbox: LocalMailbox, ruth: Person) -> None:
    f.link(ruth, "U0NOBODY")
    wishes.choose(ruth, {Topic.NEEDS_ME: [Way.SLACK]})
    asked_for_update(ruth)
    assert targets() == [("slack", "U0NOBODY")]
    f.pump()
    assert Delivery.objects.get(way="slack").state == "failed"
    assert [mail.subject for mail in mailbox.messages()] == ["Update due: Orders v3"]
    wishes.choose(ruth, {Topic.NEEDS_ME: [Way.SLACK, Way.EMAIL]})
    e.happen(e.rollout("other", owner=ruth), "rollout.update_asked", draft=DRAFT)
    f.pump()
    assert len(mailbox.messages()) == 2


def test_the_page_saves_what_is_chosen_and_refuses_nothing_at_all(ruth: Person) -> None:
    client = Client()
    client.force_login(ruth)
    page = client.get("/me/notifications/").content.decode()
    assert page.count("checked") == 5
    assert "You are not linked in Slack" in page
    chosen = {"needs_me": ["slack"], "mine": [], "halts": ["email", "slack"], "reviews": []}
    assert client.post("/me/notifications/", chosen).status_code == 302
    assert wishes.chosen(ruth)[Topic.HALTS] == (Way.EMAIL, Way.SLACK)
    assert wishes.chosen(ruth)[Topic.MINE] == ()
    answer = client.post("/me/notifications/", {"mine": ["email"]})
    assert answer.status_code == 422
    assert "What is asked of you must reach you." in answer.content.decode()
    assert wishes.chosen(ruth)[Topic.MINE] == ()


def test_the_api_reads_and_changes_them(ruth: Person) -> None:
    client = APIClient()
    client.force_authenticate(ruth)
    address = "/api/v1/me/notifications/"
    assert client.get(address).json() == {
        "needs_me": ["email", "slack"],
        "mine": ["email"],
        "halts": ["email"],
        "reviews": ["email"],
    }
    changed = client.patch(address, {"mine": []}, format="json").json()
    assert (changed["mine"], changed["halts"]) == ([], ["email"])
    assert client.patch(address, {"needs_me": []}, format="json").json()["code"] == "needs_me"
    assert client.patch(address, {"mine": ["webhook"]}, format="json").status_code == 400


def test_the_ways_of_many_people_take_two_queries(
    settings: Any, ruth: Person, django_assert_num_queries: Any
) -> None:
    settings.SLACK_BOT_TOKEN = "xoxb"
    people = [ruth, e.person("Mina Okafor"), e.person("Tomas Rey")]
    with django_assert_num_queries(2):
        wishes.ways(people, Topic.MINE)
