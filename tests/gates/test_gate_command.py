"""`manage.py gate judge`, as a program: no database, JSON lines in, one answer a line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from rollouts.gates.judges import lines
from tests.house.commands import CLONE


def stream(kind: str = "compare", *rows: Any, **gate: Any) -> dict[str, Any]:
    """Minutes 1, 2, …: (canary, baseline) as (bad, total) each; None where nobody was asked."""
    minutes = []
    for t, (canary, baseline) in enumerate(rows, 1):
        minute: dict[str, Any] = {"t": t}
        for name, count in (("canary", canary), ("baseline", baseline)):
            if count is not None:
                minute[name] = {"bad": count[0], "total": count[1]}
        minutes.append(minute)
    return {"gate": {"kind": kind, **gate}, "minutes": minutes}


def answered(document: Any) -> dict[str, Any]:
    return lines.answer(document if isinstance(document, bytes) else json.dumps(document).encode())


def run(given: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Without a database, and without a broker."""
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"}
    return subprocess.run(
        [sys.executable, "manage.py", "gate", "judge", *arguments],
        input=given,
        capture_output=True,
        cwd=CLONE,
        env=environment,
        timeout=60,
        check=False,
    )


DOUBLE, EVEN = ((12, 600), (6, 600)), ((6, 600), (6, 600))


def test_a_batch_is_answered_in_its_order_and_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    given = [
        stream("compare", *[DOUBLE] * 30, alpha=0.05, rho0=1.25),
        {"gate": 1},
        stream("compare", *[EVEN] * 10),
    ]
    file = tmp_path / "streams.jsonl"
    file.write_bytes(b"\n".join(json.dumps(each).encode() for each in given) + b"\n\n\xff\n\n")
    done = run(b"", "--json", str(file))
    first, bad, second, empty, undecodable = map(json.loads, done.stdout.splitlines())
    assert (first["verdict"], first["halt_at"], first["log_e"]) == ("fail", 14, 9.480747)
    assert bad == {"error": "gate must be an object with a kind.", "line": 2}
    assert (second["verdict"], second["halt_at"]) == ("pass", None)
    assert [empty["line"], undecodable["line"]] == [4, 5]
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ([stream("compare", *[EVEN] * 5)], 0),
        ([stream("compare", *[EVEN] * 5), stream("compare", *[DOUBLE] * 30)], 1),
        ([stream("compare", EVEN), stream("compare", *[DOUBLE] * 30)], 1),
        ([stream("compare", EVEN), stream("compare", *[EVEN] * 5)], 3),
        ([], 3),
    ],
)
def test_the_exit_code_says_yes_no_or_cannot_tell(
    given: list[Any], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "streams.jsonl"
    file.write_text("\n".join(map(json.dumps, given)))
    assert called(str(file), "--json") == code
    assert len(capsys.readouterr().out.splitlines()) == len(given)


def called(*arguments: str) -> Any:
    with pytest.raises(SystemExit) as end:
        call_command("gate", "judge", *arguments)
    return end.value.code


def test_people_get_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "streams.jsonl"
    file.write_text(json.dumps(stream("limit-e", *[((12, 600), None)] * 10, limit=0.01)) + "\n[]")
    assert called(str(file)) == 2
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("1\tfail at 5\tThe canary's share of bad requests is 2 %")
    assert told[1] == "2\tbad line\tThe line must be an object with gate and minutes."


def test_a_file_that_is_not_there_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("/nowhere.jsonl") == 2
    assert "/nowhere.jsonl cannot be read" in capsys.readouterr().err


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


@pytest.mark.parametrize("document", BAD, ids=lambda each: str(each)[:60])
def test_what_cannot_be_judged_says_why(document: Any) -> None:
    with pytest.raises(lines.BadLine) as raised:
        answered(document)
    said = str(raised.value)
    assert said.endswith(".")
    assert len(said.encode()) < 400


def test_a_line_that_is_too_long_is_refused_and_the_next_one_judged() -> None:
    long = b'{"gate": "' + b"x" * (lines.MOST_BYTES + 5) + b'"}\n'
    done = run(long + json.dumps(stream("compare", *[EVEN] * 5)).encode(), "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["line"] == 1
    assert second["verdict"] == "pass"
