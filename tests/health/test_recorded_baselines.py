"""What a real Prometheus remembers is recorded for a rollout that begins, and its silence is said."""

from datetime import timedelta
from typing import Any

import pytest

from rollouts.gates.baselines import recording
from rollouts.gates.models import Baseline
from rollouts.health.models import OwnSignal, Source
from rollouts.health.sources import remembered
from rollouts.health.sources.prometheus import Api
from tests.gates.factories import METRIC, running
from tests.health.factories import EPOCH, service
from tests.health.prometheus import Prometheus
from tests.health.test_probe_windows import check
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


def to_record(made: Source, **fields: Any) -> Baseline:
    """The ten minutes from EPOCH, to be recorded for a rollout of a day later."""
    row = running(METRIC, at=EPOCH + DAY)
    given = {"begins_at": EPOCH, "ends_at": EPOCH + timedelta(minutes=10), "back": DAY, "signal": "errors"}
    return Baseline.objects.create(
        rollout=row,
        service=service(),
        environment=made.environment,
        due_at=EPOCH + DAY,
        **{**given, **fields},
    )


def recorded(row: Baseline) -> Baseline:
    recording.record(row.pk)
    row.refresh_from_db()
    return row


SERVED = 'increase(http_server_requests_total{{service=~"{{service}}"{more}}}[{{window}}])'
SHARE = {
    "total": f"sum by (service, version) ({SERVED.format(more='')})",
    "bad": "sum by (service, version) (" + SERVED.format(more=',code="500"') + ")",
}


@grouped
@pytest.mark.django_db
@pytest.mark.parametrize(("most", "requests"), [(10_000, 2), (11, 8)])
def test_a_signal_in_somebodys_own_promql_is_asked_for_its_hours_before(
    prometheus: Prometheus, monkeypatch: pytest.MonkeyPatch, most: int, requests: int
) -> None:
    """A range query for each of its queries, and no more points in one than a server answers."""
    monkeypatch.setattr(remembered, "MOST_POINTS", most)
    ranged = Api.ranged
    asked_for: list[str] = []

    def counting(self: Any, text: str, *rest: Any) -> Any:
        asked_for.append(text)
        return ranged(self, text, *rest)

    monkeypatch.setattr(Api, "ranged", counting)
    made = asked(prometheus.url)
    OwnSignal.objects.create(source=made, name="refused", signal="errors", named=True, **SHARE)
    kept = recorded(to_record(made, series="own:refused"))
    assert (kept.source, kept.error, kept.due_at) == ("Mesh", "", None)
    assert (kept.step_s, len(kept.counts)) == (60, 10)
    assert {each[2] for each in kept.counts[1:]} == {400.0}
    assert sum(each[1] for each in kept.counts[1:]) / sum(each[2] for each in kept.counts[1:]) == 0.02
    assert kept.query.startswith("total: sum by (service, version) (increase(")
    assert "orders" in kept.query
    assert len(asked_for) == requests


@grouped
@pytest.mark.django_db
def test_a_signal_that_stands_for_a_known_one_is_asked_instead_of_the_conventions(
    prometheus: Prometheus,
) -> None:
    made = asked(prometheus.url, settings={"conventions": ["gatehouse"]})
    doubled = {"total": SHARE["total"], "bad": f"2 * {SHARE['bad']}"}
    row = OwnSignal.objects.create(source=made, name="refused", signal="errors", **doubled)
    kept = recorded(to_record(made))
    assert sum(each[1] for each in kept.counts[1:]) / sum(each[2] for each in kept.counts[1:]) == 0.04
    row.services = ["checkout"]
    row.save()
    Baseline.objects.update(due_at=EPOCH + DAY, counts=[], tries=0)
    kept = recorded(kept)
    assert "increase(http_server_requests_total" in kept.query
    assert "total:" not in kept.query, "it stands for another service only"


@grouped
@pytest.mark.django_db
def test_a_source_that_is_silent_about_ones_own_signal_is_asked_again_and_a_false_query_is_told(
    prometheus: Prometheus,
) -> None:
    made = asked("http://127.0.0.1:9/")
    OwnSignal.objects.create(source=made, name="refused", signal="errors", named=True, **SHARE)
    kept = recorded(to_record(made, series="own:refused"))
    assert (kept.counts, kept.source) == ([], "Mesh")
    assert kept.error
    assert kept.due_at is not None
    made.url = prometheus.url
    made.save()
    OwnSignal.objects.update(total="nothing_of_the_kind", bad="nothing_of_the_kind")
    Baseline.objects.update(due_at=EPOCH + DAY)
    kept = recorded(kept)
    assert kept.error == "Mesh remembers nothing of these hours."
    assert kept.due_at is None


@pytest.mark.django_db
def test_of_a_synthetic_check_nobody_else_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = check()
    made = asked("http://127.0.0.1:9/", settings={"conventions": ["gatehouse"]})
    OwnSignal.objects.create(source=made, name="refused", signal="errors", **SHARE)
    kept = recorded(to_record(made, series=f"check:{probe.slug}"))
    assert kept.error == recording.NO_RUNS
    assert kept.due_at is None
