"""Deliveries and Slack's set-up, in the page and over the API."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from demo.slack.server import LocalSlack
from notifications.models import Delivery
from notifications.values import Way
from rollouts.accounts.models import Person
from tests.escalations import factories as e
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def mina() -> Person:
    return e.person("Mina Okafor", role="planner")


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def given_up(slack: LocalSlack) -> Delivery:
    e.rollout()
    row = f.write(f.draft("a"))[0]
    slack.archive("#rollouts")
    f.pump()
    row.refresh_from_db()
    assert row.state == "failed"
    return row


def test_what_was_given_up_is_shown_with_its_reason_and_sent_by_hand(slack: LocalSlack, mina: Person) -> None:
    row = given_up(slack)
    client = signed_in(mina)
    page = client.get("/deliveries/").content.decode()
    assert "is_archived" in page
    assert f"/deliveries/{row.pk}/retry/" in page
    assert (
        f"/deliveries/{row.pk}/retry/"
        in client.get("/rollouts/orders-v3/panels/undelivered/").content.decode()
    )
    slack.archive("#rollouts", undo=True)
    assert client.post(f"/deliveries/{row.pk}/retry/").status_code == 302
    f.pump()
    row.refresh_from_db()
    assert row.state == "sent"
    assert "No message was given up." in client.get("/deliveries/").content.decode()
    assert "Sent" in client.get("/deliveries/?show=all").content.decode()


def test_strangers_see_it_and_do_not_send_it(slack: LocalSlack) -> None:
    row = given_up(slack)
    client = signed_in(e.person("Someone Else"))
    assert "Try again" not in client.get("/deliveries/").content.decode()
    assert client.post(f"/deliveries/{row.pk}/retry/").status_code == 403
    row.refresh_from_db()
    assert row.state == "failed"


def test_messages_of_private_rollouts_and_mails_to_others_are_not_shown(slack: LocalSlack) -> None:
    rollout = e.rollout()
    f.write(f.draft("a"), f.draft("m", way=Way.EMAIL, target="ines@fernhill.example"))
    client = signed_in(e.person("Someone Else"))
    page = client.get("/deliveries/?show=all").content.decode()
    assert "#rollouts" in page
    assert "ines@fernhill.example" not in page
    type(rollout).objects.update(visibility="private")
    assert "#rollouts" not in client.get("/deliveries/?show=all").content.decode()


def test_the_api_lists_and_retries(slack: LocalSlack, mina: Person) -> None:
    row = given_up(slack)
    client = APIClient()
    client.force_authenticate(mina)
    listed = client.get("/api/v1/deliveries/?show=troubled&rollout=orders-v3").json()["results"]
    assert [each["code"] for each in listed if each["way"] == "slack"] == ["is_archived"]
    assert client.get("/api/v1/deliveries/?show=odd").status_code == 400
    assert client.post(f"/api/v1/deliveries/{row.pk}/retry/").status_code == 202
    assert client.post(f"/api/v1/deliveries/{row.pk}/retry/").json()["code"] == "not_given_up"


def test_an_administrator_sees_how_slack_is_set_up_and_never_a_secret(
    slack: LocalSlack, mina: Person, settings: Any
) -> None:
    assert signed_in(mina).get("/slack/").status_code == 403
    Person.objects.filter(pk=mina.pk).update(is_staff=True)
    f.link(mina, "U01MINA")
    client = signed_in(mina)
    page = client.post("/slack/").content.decode()
    assert "Slack knows us as" in page
    assert "U01MINA" in page
    assert settings.SLACK_BOT_TOKEN not in page
    assert settings.SLACK_SIGNING_SECRET not in page
    slack.revoke(True)
    assert "token_revoked" in client.post("/slack/").content.decode()
    api = APIClient()
    api.force_authenticate(Person.objects.get(pk=mina.pk))
    assert api.post("/api/v1/slack/check/").json()["ok"] is False
