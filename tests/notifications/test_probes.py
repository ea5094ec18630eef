"""The team of a service hears that a synthetic check fails once, and once that it passes again."""

from typing import Any

import pytest
from django.test import Client

from notifications.models import Delivery, WebhookEndpoint
from rollouts.audit.models import Event
from rollouts.audit.services import due_followups, run_followup
from rollouts.health.models import Probe, ProbeAt
from rollouts.health.probes import services
from rollouts.lib import secrets
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team
from tests.health.factories import environment, service
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db(transaction=True)


def run() -> None:
    ProbeAt.objects.update(due_at=database_now())
    for pk in services.due(database_now(), 10):
        services.run(pk)
    while heads := due_followups(database_now(), 50):
        for head in heads:
            run_followup(head)


def test_an_outage_is_one_message_to_each_planner_and_its_end_another(client: Client) -> None:
    team("orders-team", planner=[person("mina@example.test")], viewer=[person("noor@example.test")])
    service()
    environment()
    endpoint: dict[str, Any] = {"url": "https://hooks.example.test/", "events": ["probe.*"]}
    WebhookEndpoint.objects.create(name="chat", secret=secrets.encrypt("s"), **endpoint)
    well = [False]
    with serving(lambda ask: reply(ask, status=200 if well[0] else 503)) as url:
        client.force_login(person("mina@example.test"))
        steps = [{"name": "Read", "url": f"{url}/orders"}]
        given = {"title": "Reads", "service": "orders", "environment": "production", "steps": steps}
        assert client.put("/api/v1/probes/reads/", given, "application/json").status_code == 201
        run()
        assert not Delivery.objects.exists(), "one run that fails may be bad luck"
        for _ in range(4):
            run()
        mails = Delivery.objects.filter(way="email").order_by("pk")
        assert [mail.target for mail in mails] == ["mina@example.test"]
        text = mails[0].payload["text"]
        assert "The check Reads of Orders in production fails." in text
        assert "Read: The status is 503, expected was 2xx." in text
        assert "No real user is there to tell otherwise." in text
        assert "/probes/reads/" in text
        well[0] = True
        for _ in range(3):
            run()
    mails = mails.all()
    assert mails.count() == 2
    assert "passes again, about 1 min after this was told" in mails[1].payload["text"]
    hooked = Delivery.objects.filter(way="webhook").order_by("pk")
    assert [one.payload["kind"] for one in hooked] == ["probe.failing", "probe.recovered"]
    kinds = Event.objects.filter(kind__in=["probe.failing", "probe.recovered"]).order_by("pk")
    assert [event.kind for event in kinds] == ["probe.failing", "probe.recovered"]
    assert Probe.objects.get().failing_told_at is None


def test_a_check_that_goes_silent_has_not_recovered(client: Client) -> None:
    team("orders-team", planner=[person("mina@example.test")])
    service()
    environment()
    client.force_login(person("mina@example.test"))
    with serving(lambda ask: reply(ask, status=503)) as url:
        steps = [{"name": "Read", "url": f"{url}/orders"}]
        given = {"title": "Reads", "service": "orders", "environment": "production", "steps": steps}
        client.put("/api/v1/probes/reads/", given, "application/json")
        for _ in range(3):
            run()
        client.put("/api/v1/probes/reads/", {**given, "enabled": False}, "application/json")
        run()
    assert Delivery.objects.filter(way="email").count() == 1
    assert Probe.objects.get().failing_told_at is not None
