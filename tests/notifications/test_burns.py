"""Webhooks hear of a budget that begins to burn too fast, once."""

from datetime import timedelta

import pytest

from notifications.models import Delivery, WebhookEndpoint
from rollouts.audit.services import due_followups, run_followup
from rollouts.health.models import Slo
from rollouts.health.slos import counting
from rollouts.lib.clock import database_now
from tests.health.factories import environment, series, service, source

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_burn_reaches_webhooks_once() -> None:
    hook = WebhookEndpoint(name="outside", url="https://example.test/hook", events=["slo.*"])
    hook.set_secret("a secret of theirs")
    hook.save()
    now = database_now().replace(second=0, microsecond=0)
    of = series(source(window_s=60, due_at=None, collected_through_at=now))
    for minute in range(1, 11):
        of.windows.create(start_at=now - timedelta(minutes=minute), bad=30, total=100)
    slo = Slo.objects.create(
        slug="orders-answers",
        title="Orders answers",
        service=service(),
        environment=environment(),
        target=0.99,
        due_at=now,
        through_at=now - timedelta(minutes=30),
    )
    for _ in range(2):
        Slo.objects.update(due_at=now)
        counting.count(slo.pk)
        for pk in due_followups(database_now(), 50):
            run_followup(pk)
    (told,) = Delivery.objects.filter(way="webhook")
    assert told.payload["kind"] == "slo.burning"
