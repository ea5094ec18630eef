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
from tests.gates.streams import DOUBLE, EVEN, stream
from tests.house.commands import CLONE


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


def test_a_line_that_is_too_long_is_refused_and_the_next_one_judged() -> None:
    long = b'{"gate": "' + b"x" * (lines.MOST_BYTES + 5) + b'"}\n'
    done = run(long + json.dumps(stream("compare", *[EVEN] * 5)).encode(), "--json")
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["line"] == 1
    assert second["verdict"] == "pass"
