"""A gate names a signal or a synthetic check that there is, and that measures what the gate means."""

from typing import Any

import pytest

from rollouts.plans.document.checks.facts import Facts, NamedProbe, NamedSignal
from tests.plans.factories import checked, complaints, document, with_gate

ALL: frozenset[str] = frozenset()
FACTS = Facts(
    signals={
        "abandoned-carts": (NamedSignal("production", ALL, counted=True),),
        "queue-depth": (NamedSignal("production", frozenset({"orders"}), counted=False),),
        "elsewhere": (NamedSignal("staging", ALL, counted=True),),
        "of-checkout": (NamedSignal("production", frozenset({"checkout"}), counted=True),),
    },
    probes={
        "orders-reads": NamedProbe("orders", "production", ""),
        "orders-canary": NamedProbe("orders", "production", "3.0.0"),
        "checkout-reads": NamedProbe("checkout", "production", ""),
    },
)
PLACE = "/stages/0/gates/exit/0/settings"


def metric(**settings: Any) -> Any:
    return with_gate(kind="metric", settings=settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"signal": "abandoned-carts", "limit": "2 %"},
        {"signal": "abandoned-carts", "judge": "limit-e", "limit": 0.02},
        {"signal": "queue-depth", "limit": 500},
        {"signal": "queue-depth", "limit": 5, "worse": "below"},
        {"signal": "errors", "probe": "orders-reads", "version": "all", "limit": "10 %"},
        {"signal": "latency", "slower_than": "1s", "probe": "orders-canary", "limit": "10 %"},
    ],
)
def test_a_gate_names_what_there_is(settings: dict[str, Any]) -> None:
    assert checked(metric(**settings), FACTS).sound


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"signal": "abandoned-cart", "limit": "2 %"}, "signal", "Did you mean abandoned-carts? Define it"),
        ({"signal": "zzz", "limit": "2 %"}, "signal", "Define it on a metric source's page (/sources/)"),
        ({"signal": "elsewhere", "limit": "2 %"}, "signal", "measured of all services in staging"),
        ({"signal": "of-checkout", "limit": "2 %"}, "signal", "measured of checkout in production"),
        ({"signal": "queue-depth"}, "judge", "only the judge limit takes"),
        ({"signal": "queue-depth", "limit": "2 %"}, "limit", "a number in its own unit"),
        ({"signal": "abandoned-carts", "limit": 2}, "limit", 'Write "2 %"'),
        ({"signal": "errors", "worse": "below", "limit": "2 %"}, "worse", "Remove `worse`"),
        ({"signal": "errors", "probe": "orders-read", "limit": "2 %"}, "probe", "Did you mean orders-reads?"),
        ({"signal": "traffic", "probe": "orders-reads", "limit": 2}, "signal", "runs have no traffic"),
        ({"signal": "errors", "probe": "orders-canary"}, "limit", "asks one version, not two"),
        ({"signal": "errors", "probe": "orders-reads", "limit": "2 %"}, "version", "version: all"),
        ({"signal": "errors", "probe": "checkout-reads", "limit": "2 %"}, "probe", "not what the gate"),
    ],
)
def test_what_cannot_be_judged_is_refused_with_what_to_do(
    settings: dict[str, Any], field: str, words: str
) -> None:
    found = [one for one in checked(metric(**settings), FACTS).problems if one.path == f"{PLACE}/{field}"]
    assert any(words in f"{one.message} {one.remedy}" for one in found), found


def test_a_check_of_another_version_than_the_plan_brings_is_refused() -> None:
    made = metric(signal="errors", probe="orders-canary", limit="2 %")
    made["changes"][0] |= {"from": "3.0.0", "to": "3.1.0"}
    assert "asks version 3.0.0, and the gate looks at 3.1.0" in complaints(made, FACTS)[f"{PLACE}/probe"]


def test_without_what_is_around_names_are_taken_as_they_stand() -> None:
    assert checked(metric(signal="zzz", limit="2 %")).sound
    assert checked(document()).sound
