"""Lines of JSON, judged without the program around them."""

import json
from typing import Any

import pytest

from rollouts.gates.judges import lines
from tests.gates.streams import DOUBLE, EVEN, stream


def answered(document: Any) -> dict[str, Any]:
    return lines.answer(document if isinstance(document, bytes) else json.dumps(document).encode())


@pytest.mark.parametrize(
    ("kind", "gate", "row", "verdict"),
    [
        ("limit", {"limit": 0.05}, ((60, 600), None), "fail"),
        ("limit", {"limit": 0.05}, ((6, 600), None), "pass"),
        ("limit-e", {"limit": 0.05}, ((6, 600), None), "pass"),
        ("limit-e", {"limit": 0.05}, ((60, 600), None), "fail"),
        ("budget", {"target": 0.999, "period_total": 4_000_000}, ((12, 600), (1, 1000)), "fail"),
        ("budget", {"target": 0.999, "period_total": 40_000_000}, ((12, 600), (1, 1000)), "pass"),
        ("last-week", {}, ((24, 600), (6, 600)), "pass"),
    ],
)
def test_every_judge_of_shares_is_offered(kind: str, gate: Any, row: Any, verdict: str) -> None:
    assert answered(stream(kind, *[row] * 10, **gate))["verdict"] == verdict


def test_no_minute_with_data_is_no_data_and_few_are_pending() -> None:
    assert answered(stream("compare"))["verdict"] == "no_data"
    assert answered(stream("compare", (None, (6, 600)), ((0, 0), (6, 600))))["verdict"] == "no_data"
    assert answered(stream("compare", EVEN, EVEN))["verdict"] == "pending"
    assert answered(stream("compare", *[((0, 1), (0, 1))] * 5))["verdict"] == "pending"
    assert answered(stream("compare", EVEN, EVEN, min_minutes=2))["verdict"] == "pass"
    few = stream("compare", *[((1, 60), (1, 60))] * 5, assure=True)
    assert answered(few)["verdict"] == "inconclusive"


def test_the_guard_is_off_unless_it_is_asked_for() -> None:
    outage = ((300, 600), (6, 600))
    assert answered(stream("compare", *[outage] * 4))["halt_at"] == 4
    assert answered(stream("compare", *[outage] * 4, guard=True))["halt_at"] == 1
    assert answered(stream("compare", ((1e6, 1e7), (5, 1e7))))["log_e"] == 0.619075


def test_halts_are_told_by_the_times_that_were_given() -> None:
    document = stream("compare", *[DOUBLE] * 20)
    for minute in document["minutes"]:
        minute["t"] = 1_764_000_000 + minute["t"] * 60
    assert answered(document)["halt_at"] == 1_764_000_000 + 14 * 60


BAD: list[Any] = [
    b"no json",
    b"[" * 100_000,
    b'{"gate": {"kind": "compare"}, "minutes": NaN}',
    b'{"gate": {"kind": "compare", "alpha": 1e999}, "minutes": []}',
    b'{"gate": {"kind": "compare"}, "minutes": [{"t": ' + b"9" * 5000 + b"}]}",
    b'{"gate": {"kind": "compare"}, "minutes": [{"t": ' + b"9" * 400 + b'}, {"t": 1}]}',
    b'{"gate": {"kind": "compare", "\\ud800": 1}, "minutes": []}',
    [],
    {"gate": {"kind": "compare"}},
    stream("magic"),
    stream("compare", alpha=0),
    stream("compare", alpha=1),
    stream("compare", alpha="0.05"),
    stream("compare", alpha=True),
    stream("compare", rho0=0.9),
    stream("compare", rho=1.5),
    stream("compare", guard="yes"),
    stream("compare", min_requests=-1),
    stream("limit-e", EVEN),
    stream("limit-e", EVEN, limit=0),
    stream("compare", ((-1, 600), (6, 600))),
    stream("compare", ((1.5, 600), (6, 600))),
    stream("compare", ((601, 600), (6, 600))),
    stream("compare", ((1, 1e16), (6, 600))),
    stream("compare", ((6, 600), (7, 6))),
    {"gate": {"kind": "compare"}, "minutes": [{"canary": {"bad": 1, "total": 2}}]},
    {"gate": {"kind": "compare"}, "minutes": [{"t": 1}, {"t": 1}]},
    {"gate": {"kind": "compare"}, "minutes": [{"t": 1, "canary": {"bad": 1}}]},
    {"gate": {"kind": "compare"}, "minutes": [{"t": 1, "canery": {"bad": 1, "total": 2}}]},
    {"gate": {"kind": "compare"}, "minutes": [7]},
]


@pytest.mark.parametrize("document", BAD, ids=range(len(BAD)))
def test_what_cannot_be_judged_says_why(document: Any) -> None:
    with pytest.raises(lines.BadLine) as raised:
        answered(document)
    said = str(raised.value)
    assert said.endswith(".")
    assert len(said.encode()) < 400
