"""The team that owns a culprit hears of its alert once; webhooks hear of its end too."""

import pytest

from notifications.models import Delivery, WebhookEndpoint
from rollouts.accounts.models import Team
from rollouts.audit.services import due_followups, run_followup
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team
from tests.health.factories import team as owners
from tests.health.graphs import failing, shop, well

pytestmark = pytest.mark.django_db(transaction=True)


def follow() -> None:
    while heads := due_followups(database_now(), 50):
        for pk in heads:
            run_followup(pk)


def test_one_message_to_each_and_the_end_to_webhooks_only() -> None:
    mina, noor, tomas = person("mina@example.test"), person("noor@example.test"), person("tomas@example.test")
    here = shop()
    team(owners().slug, planner=[mina], viewer=[tomas])
    Team.objects.filter(pk=owners().pk).update(on_call=noor)
    hook = WebhookEndpoint(name="outside", url="https://example.test/hook", events=["alert.*"])
    hook.set_secret("a secret of theirs")
    hook.save()
    failing(here, [0, 1, 2])
    follow()
    mails = Delivery.objects.filter(way="email").order_by("target")
    assert [mail.target for mail in mails] == ["mina@example.test", "noor@example.test"]
    assert {mail.kind for mail in mails} == {"halt"}
    text = mails[0].payload["text"]
    assert "P1: db causes trouble in production" in text
    assert "web, api" in text
    assert "/graph/?environment=production&culprit=db" in text
    well(here, range(3, 12))
    follow()
    assert mails.all().count() == 2
    hooks = Delivery.objects.filter(way="webhook").order_by("pk")
    assert [each.payload["kind"] for each in hooks] == ["alert.opened", "alert.closed"]
