"""What a real Prometheus remembers is recorded for a rollout that begins, and its silence is said."""

from datetime import timedelta

import pytest

from rollouts.gates.baselines import recording
from rollouts.gates.models import Baseline
from tests.gates.factories import METRIC, running
from tests.health.factories import EPOCH, service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked

DAY = timedelta(days=1)
grouped = pytest.mark.xdist_group("prometheus")


@grouped
@pytest.mark.django_db
def test_a_prometheus_source_remembers_what_gatehouse_did_not_watch(prometheus: Prometheus) -> None:
    made = asked(prometheus.url, settings={"conventions": ["gatehouse"]})
    row = running(METRIC, at=EPOCH + DAY)
    begins = {"begins_at": EPOCH, "ends_at": EPOCH + timedelta(minutes=10)}
    kept = Baseline.objects.create(
        rollout=row, service=service(), environment=made.environment, signal="errors", back=DAY, **begins,
        due_at=EPOCH + DAY,
    )  # fmt: skip
    recording.record(kept.pk)
    kept.refresh_from_db()
    assert kept.source == "Mesh"
    assert "increase(http_server_requests_total" in kept.query
    assert kept.counts
    made.url = "http://127.0.0.1:9/"
    made.save()
    Baseline.objects.update(due_at=EPOCH + DAY, counts=[], tries=0)
    recording.record(kept.pk)
    kept.refresh_from_db()
    assert kept.error
    assert kept.due_at is not None, "a source that is silent is asked again"
