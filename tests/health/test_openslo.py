"""OpenSLO v1: what is taken, and that everything else is refused by its name."""

from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest

from rollouts.health.slos import openslo
from rollouts.health.slos.openslo import Refused, read

SLO: dict[str, Any] = {
    "apiVersion": "openslo/v1",
    "kind": "SLO",
    "metadata": {
        "name": "orders-answers",
        "displayName": "Orders answers",
        "annotations": {"gatehouse/environment": "production"},
    },
    "spec": {
        "description": "Shops can order.",
        "service": "orders",
        "budgetingMethod": "Occurrences",
        "timeWindow": [{"duration": "4w", "isRolling": True}],
        "indicator": {
            "metadata": {"name": "answered"},
            "spec": {"ratioMetric": {"counter": True, "good": {}, "total": {}}},
        },
        "objectives": [{"displayName": "Answered", "target": 0.999}],
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The document with one place set to `value`, or without it where that is None."""
    document = deepcopy(SLO)
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place: Any = document
    for part in parents:
        place = place[part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_document_is_read() -> None:
    (slo,) = read([SLO])
    assert (slo.name, slo.title, slo.service, slo.environment) == (
        "orders-answers",
        "Orders answers",
        "orders",
        "production",
    )
    assert (slo.signal, slo.target, slo.period, slo.notes) == ("errors", 0.999, timedelta(days=28), ())


def test_a_target_in_percent_and_the_signal_of_the_annotations() -> None:
    document = changed("spec.objectives", [{"targetPercent": 99.5}])
    document["metadata"]["annotations"] |= {openslo.SIGNAL: "latency", openslo.SLOWER_THAN: "300ms"}
    (slo,) = read([document])
    assert (slo.target, slo.signal, slo.slower_than) == (0.995, "latency", timedelta(milliseconds=300))


def test_an_indicator_beside_it_is_found_and_queries_of_others_are_named() -> None:
    indicator = {
        "apiVersion": "openslo/v1",
        "kind": "SLI",
        "metadata": {"name": "answered"},
        "spec": {"ratioMetric": {"good": {"metricSource": {"type": "Prometheus"}}, "total": {}}},
    }
    document = changed("spec.indicator", None)
    document["spec"]["indicatorRef"] = "answered"
    (slo,) = read([indicator, document])
    assert slo.notes == (
        "orders-answers: Gatehouse counts failed requests of the service itself; "
        "the file's queries are not asked.",
    )
    with pytest.raises(Refused, match="no SLI named answered"):
        read([document])


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("apiVersion", "openslo/v2alpha", "/apiVersion: apiVersion is 'openslo/v2alpha'"),
        ("kind", "Dashboard", "/kind: kind is 'Dashboard'"),
        ("metadata.name", None, "/metadata/name"),
        ("spec.service", None, "/spec/service"),
        ("spec.budgetingMethod", "Timeslices", "budgetingMethod Timeslices is not supported"),
        ("spec.budgetingMethod", "RatioTimeslices", "budgetingMethod RatioTimeslices is not supported"),
        ("spec.alertPolicies", ["page"], "alertPolicies are not supported"),
        ("spec.timeWindow", [], "/spec/timeWindow: There must be exactly one"),
        ("spec.timeWindow.0", {"duration": "1M", "calendar": {"timeZone": "UTC"}}, "calendar windows"),
        ("spec.timeWindow.0.duration", "1h", "not between 1 and 90 days"),
        ("spec.timeWindow.0.duration", "soon", "is no duration"),
        ("spec.objectives", [{"target": 0.9}, {"target": 0.99}], "exactly one objective"),
        ("spec.objectives.0.target", 1.5, "/spec/objectives/0/target"),
        ("spec.objectives.0.target", True, "/spec/objectives/0/target"),
        ("spec.objectives.0.timeSliceTarget", 0.9, "timeSliceTarget is not supported"),
        ("spec.objectives.0.compositeWeight", 2, "compositeWeight is not supported"),
        ("spec.indicator.spec", {"thresholdMetric": {}}, "thresholdMetric is not supported"),
        ("spec.indicator.spec.ratioMetric", {"raw": {}}, "raw is not supported"),
        ("spec.indicator", None, "There is no indicator"),
        ("metadata.annotations", {"gatehouse/signal": "traffic"}, "The signal 'traffic' is not supported"),
        ("metadata.annotations", {"gatehouse/signal": "latency"}, "A latency SLO needs its bound"),
    ],
)
def test_what_is_not_supported_is_refused_by_name(path: str, value: Any, said: str) -> None:
    with pytest.raises(Refused) as caught:
        read([changed(path, value)])
    assert said in str(caught.value)
    assert all(fault.remedy for fault in caught.value.faults)


def test_all_that_is_wrong_is_named_at_once() -> None:
    document = changed("spec.budgetingMethod", "Timeslices")
    del document["spec"]["service"]
    with pytest.raises(Refused) as caught:
        read([document, SLO, "no document"])
    assert [fault.path for fault in caught.value.faults] == [
        "/0/spec/budgetingMethod",
        "/0/spec/service",
        "/2",
    ]


def test_a_file_without_an_slo_says_so() -> None:
    with pytest.raises(Refused, match="There is no SLO in it"):
        read([{"apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "orders"}}])
