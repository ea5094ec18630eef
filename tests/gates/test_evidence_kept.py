"""What a decision cited outlives the history that is dropped: it stands in the event, beside the changes."""

from datetime import timedelta

import pytest

from rollouts.audit import queries as audit
from rollouts.gates.models import Gate, Verdict
from rollouts.lib.clock import database_now
from tests.dashboard.test_deciding import through
from tests.decisions.factories import ready, world

pytestmark = pytest.mark.django_db


def test_what_a_decision_cited_stays_when_days_are_dropped() -> None:
    there = world()
    ready(there)
    through(there.priya, "approve", query="?stage=2")
    cited = audit.events("rollout:orders-v3", limit=1)[0].content["shown"]
    assert cited["gates"]
    gate, now = Gate.objects.present().order_by("pk")[0], database_now()
    row = {"gate": gate, "word": "pass", "sentence": "So."}
    changed = Verdict.objects.create(at=now - timedelta(days=400), **row)
    Verdict.objects.create(at=now, repeat=True, **row)
    for day in Verdict.DAYS.made():
        assert Verdict.DAYS.drop(day)
    assert not Verdict.objects.filter(repeat=True).exists()
    assert Verdict.objects.filter(pk=changed.pk).exists()
    assert audit.events("rollout:orders-v3", limit=1)[0].content["shown"] == cited
