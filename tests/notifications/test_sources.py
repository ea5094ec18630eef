"""The team that owns a metric source hears of an outage once, and once that it is over."""

import pytest

from notifications.models import Delivery
from rollouts.audit.services import due_followups, run_followup
from rollouts.health import services
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team
from tests.health.factories import environment, service
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db(transaction=True)


def _collect(row: Source) -> None:
    Source.objects.filter(pk=row.pk).update(due_at=database_now(), claimed_until_at=None, rests_until_at=None)
    services.collect([row.pk])
    while heads := due_followups(database_now(), 50):
        for pk in heads:
            run_followup(pk)


def test_an_outage_is_one_message_to_each_planner_and_its_end_another() -> None:
    mina, noor = person("mina@example.test"), person("noor@example.test")
    owners = team("orders-team", planner=[mina], viewer=[noor])
    row = Source.objects.create(
        slug="mesh",
        name="Mesh",
        kind="prometheus",
        url="http://127.0.0.1:9",
        environment=environment(),
        team=owners,
        window_s=1,
        timeout_s=1,
        settings={"conventions": ["opentelemetry"]},
    )
    service()
    for _ in range(6):
        _collect(row)
    mails = Delivery.objects.filter(way="email")
    assert [mail.target for mail in mails] == ["mina@example.test"]
    assert "could not be reached" in mails[0].payload["text"]
    assert "/sources/mesh/" in mails[0].payload["text"]
    body = b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    with serving(lambda ask: reply(ask, body, headers={"Content-Type": "application/json"})) as url:
        Source.objects.update(url=url)
        for _ in range(3):
            _collect(row)
    assert mails.all().count() == 2
    assert "answers again" in mails.order_by("-pk")[0].payload["text"]
