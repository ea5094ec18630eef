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


def test_a_minute_that_nobody_could_be_asked_in_counts_its_time() -> None:
    given = stream("compare", *[DOUBLE] * 5, (None, (6, 600)), *[DOUBLE] * 12)
    assert answered(given)["halt_at"] == 15
    assert answered(stream("compare", *[EVEN] * 5, (None, (6, 600))))["verdict"] == "no_data"
    assert answered(stream("compare", *[((6, 600), None)] * 5))["sentence"].endswith(
        "nothing to compare with in the last 5 windows."
    )


def test_judges_that_forgive_tell_when_they_first_failed() -> None:
    late = [((6, 600), None)] * 3 + [((60, 600), None)] * 3 + [((6, 600), None)] * 5
    found = answered(stream("limit", *late, limit=0.05))
    assert (found["verdict"], found["halt_at"], found["log_e"]) == ("pass", 6, None)
    assert answered(stream("limit", *[EVEN] * 5, limit=0.05))["halt_at"] is None
    spent = stream("budget", *[((12, 600), (1, 1000))] * 10, target=0.999, period_total=4_000_000)
    assert answered(spent)["halt_at"] == 8
    assert answered(stream("last-week", *[DOUBLE] * 30))["halt_at"] is None


def test_what_a_gate_may_say_changes_what_it_finds() -> None:
    plain = answered(stream("compare", *[DOUBLE] * 30))
    assert (plain["halt_at"], plain["log_e"]) == (14, 9.480747)
    strict = answered(stream("compare", *[DOUBLE] * 30, rho0=1, alpha=0.01))
    assert (strict["halt_at"], answered(stream("compare", *[DOUBLE] * 12, rho0=1))["log_e"]) == (9, 7.723363)
    assert answered(stream("compare", *[DOUBLE] * 30, warm_up=3))["halt_at"] == 17
    assert answered(stream("compare", *[DOUBLE] * 30, rho0=1000))["verdict"] == "pass"
    thin = [((1, 10), (1, 10))] * 5
    assert answered(stream("compare", *thin, min_requests=51))["verdict"] == "pending"
    assert answered(stream("compare", *thin, min_requests=50))["verdict"] == "pass"
    assert answered(stream("compare", EVEN, min_minutes=0))["verdict"] == "pass"
    assert answered(stream("compare", ((1, 60), (1, 60)), assure=True, min_minutes=0))["verdict"] == (
        "inconclusive"
    )
    bad = [((60, 600), None)] * 2
    assert answered(stream("limit", *bad, limit=0.05, breach_count=1, breach_of=1))["halt_at"] == 1


def test_the_largest_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    most = int(lines.MOST_COUNT)
    assert answered(stream("compare", ((0, most), (0, most)), min_requests=most))["verdict"] == "pending"
    document = stream("compare", EVEN)
    document["minutes"][0]["t"] = -most
    line = json.dumps(document).encode()
    monkeypatch.setattr(lines, "MOST_BYTES", len(line))
    monkeypatch.setattr(lines, "MOST_MINUTES", 1)
    assert answered(line)["verdict"] == "pending"
    assert said(line + b" ") == f"The line has more than {len(line)} bytes."
    monkeypatch.undo()
    monkeypatch.setattr(lines, "MOST_MINUTES", 1)
    assert said(stream("compare", EVEN, EVEN)) == "There are more than 1 minutes."


def test_a_stream_without_minutes_says_so() -> None:
    assert answered(stream("compare")) == {
        "verdict": "no_data",
        "halt_at": None,
        "log_e": 0.0,
        "sentence": "There are no minutes to judge.",
    }


def said(document: Any) -> str:
    with pytest.raises(lines.BadLine) as raised:
        answered(document)
    return str(raised.value)


KINDS = "compare, limit-e, limit, budget, last-week"
OF_COMPARE = "alpha, assure, guard, min_minutes, min_requests, rho0, warm_up"
FACTOR = "must be a number from 1 to 1000: 1.25 allows a quarter more."
COUNTS = "must be a whole number from 0 to 1e+15."
BAD: list[tuple[Any, str]] = [
    (b"no json", "The line is no JSON: Expecting value: line 1 column 1 (char 0)."),
    (
        b'{"gate": {"kind": "compare"}, "minutes": NaN}',
        "The line is no JSON: NaN is no number.",
    ),
    (
        b'{"gate": {"kind": "compare", "alpha": 1e999}, "minutes": []}',
        "gate.alpha must be a number above 0 and below 1.",
    ),
    (
        b'{"gate": {"kind": "compare"}, "minutes": [{"t": ' + b"9" * 400 + b'}, {"t": 1}]}',
        "minutes[0].t must be a number of at most 1e+15.",
    ),
    (
        b'{"gate": {"kind": "compare", "\\ud800": 1}, "minutes": []}',
        f'gate has no "\\ud800" for compare; it has {OF_COMPARE}.',
    ),
    ([], "The line must be an object with gate and minutes."),
    ({"gate": 1}, "gate must be an object with a kind."),
    ({"gate": {"kind": "compare"}}, "minutes must be a list."),
    (stream("magic"), f"gate.kind must be one of {KINDS}."),
    (stream("compare", alpha=0), "gate.alpha must be a number above 0 and below 1."),
    (stream("compare", alpha=1), "gate.alpha must be a number above 0 and below 1."),
    (stream("compare", alpha="0.05"), "gate.alpha must be a number above 0 and below 1."),
    (stream("compare", alpha=True), "gate.alpha must be a number above 0 and below 1."),
    (stream("compare", rho0=0.9), f"gate.rho0 {FACTOR}"),
    (stream("compare", rho0=1000.5), f"gate.rho0 {FACTOR}"),
    (stream("compare", rho0="1"), f"gate.rho0 {FACTOR}"),
    (stream("compare", rho=1.5), f'gate has no "rho" for compare; it has {OF_COMPARE}.'),
    (stream("compare", **{"x" * 99: 1}), f'gate has no "{"x" * 80}" for compare; it has {OF_COMPARE}.'),
    (stream("compare", guard="yes"), "gate.guard must be true or false."),
    (stream("compare", min_requests=-1), "gate.min_requests must be a whole number, at least 0."),
    (stream("compare", min_requests=1.5), "gate.min_requests must be a whole number, at least 0."),
    (stream("compare", min_requests="1"), "gate.min_requests must be a whole number, at least 0."),
    (stream("compare", min_requests=2e15), "gate.min_requests must be a whole number, at least 0."),
    (stream("limit", EVEN, limit=0.1, breach_of=0), "gate.breach_of must be a whole number, at least 1."),
    (stream("limit-e", EVEN), "gate.limit is missing; limit-e needs it."),
    (stream("budget", EVEN, target=0.9), "gate.period_total is missing; budget needs it."),
    (stream("limit-e", EVEN, limit=0.99), "gate.limit must be a number above 0 and below 0.99."),
    (stream("compare", ((-1, 600), (6, 600))), f"minutes[0].canary.bad {COUNTS}"),
    (stream("compare", ((1.5, 600), (6, 600))), f"minutes[0].canary.bad {COUNTS}"),
    (
        stream("compare", EVEN, ((601, 600), (6, 600))),
        "minutes[1].canary.bad is more than minutes[1].canary.total.",
    ),
    (stream("compare", ((1, 1e16), (6, 600))), f"minutes[0].canary.total {COUNTS}"),
    (
        stream("compare", ((6, 600), (7, 6))),
        "minutes[0].baseline.bad is more than minutes[0].baseline.total.",
    ),
    (
        {"gate": {"kind": "compare"}, "minutes": [{"canary": {"bad": 1, "total": 2}}]},
        "minutes[0].t must be a number of at most 1e+15.",
    ),
    ({"gate": {"kind": "compare"}, "minutes": [{"t": 1}, {"t": 1}]}, "minutes[1].t must be later than 1."),
    (
        {"gate": {"kind": "compare"}, "minutes": [{"t": 1, "canary": {"bad": 1}}]},
        "minutes[0].canary must be an object with bad and total, or null.",
    ),
    (
        {"gate": {"kind": "compare"}, "minutes": [{"t": 1, "canery": {"bad": 1, "total": 2}}]},
        'minutes[0] has no "canery"; it has t, canary and baseline.',
    ),
    ({"gate": {"kind": "compare"}, "minutes": [7]}, "minutes[0] must be an object."),
]


@pytest.mark.parametrize(("document", "why"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_judged_says_why(document: Any, why: str) -> None:
    assert said(document) == why


@pytest.mark.parametrize(
    "line", [b"[" * 100_000, b'{"gate": {"kind": "compare"}, "minutes": [{"t": ' + b"9" * 5000 + b"}]}"],
    ids=["deep", "long"],
)  # fmt: skip
def test_what_python_refuses_is_told_in_short(line: bytes) -> None:
    told = said(line)
    assert told.startswith("The line is no JSON: ")
    assert len(told) < 150
