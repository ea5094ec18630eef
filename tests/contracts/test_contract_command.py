"""`manage.py contract diff`: verdicts, exit codes, and lines that do not stop the others. No database."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import commands
from tests.contracts.commands import Ended

TEXT, INTEGER = '{"type": "string"}', '{"type": "integer"}'
THING = {"type": "object", "properties": {"a": {"type": "string"}}}
PROTO = 'syntax = "proto3";\nmessage M { %s a = 1; }\n'


def run(*arguments: str, given: str = "") -> Ended:
    return commands.run("diff", *arguments, given=given)


def test_it_needs_no_database(tmp_path: Path) -> None:
    ended = commands.program("diff", "--format", "jsonschema", *files(tmp_path, TEXT, INTEGER))
    assert (ended.returncode, ended.stderr) == (1, "")
    assert ended.stdout.startswith("BREAKING")


def files(place: Path, old: str, new: str) -> list[str]:
    for name, text in (("old", old), ("new", new)):
        (place / name).write_text(text)
    return [str(place / "old"), str(place / "new")]


@pytest.mark.parametrize(
    ("old", "new", "code", "word"),
    [(TEXT, TEXT, 0, "COMPATIBLE"), (TEXT, INTEGER, 1, "BREAKING"), ("[", TEXT, 3, "UNKNOWN")],
)
def test_a_pair_of_files(tmp_path: Path, old: str, new: str, code: int, word: str) -> None:
    ended = run("--format", "jsonschema", *files(tmp_path, old, new))
    assert (ended.returncode, ended.stderr) == (code, "")
    assert ended.stdout.startswith(word)


def test_a_pair_as_json(tmp_path: Path) -> None:
    ended = run("--format", "jsonschema", "--json", *files(tmp_path, TEXT, INTEGER))
    found = json.loads(ended.stdout)
    assert (found["verdict"], found["event"]) == ("breaking", {"backward": False, "forward": False})
    assert found["differences"][0]["sentence"] == "The message can now be integer; before it was string."


def test_folders_of_protobuf(tmp_path: Path) -> None:
    for name, kind in (("old", "string"), ("new", "int32")):
        (tmp_path / name / "shop").mkdir(parents=True)
        (tmp_path / name / "shop" / "order.proto").write_text(PROTO % kind)
    ended = run("--format", "protobuf", str(tmp_path / "old"), str(tmp_path / "new"))
    assert ended.returncode == 1
    assert "shop/order.proto" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Give --format and two documents"),
        (["--format", "avro", "/none/old", "/none/new"], "cannot be read: No such file"),
        (["--batch", "/none"], "cannot be read"),
        (["--format", "nonsense", "a", "b"], "invalid choice"),
    ],
)
def test_bad_input_is_told(arguments: list[str], said: str) -> None:
    ended = run(*arguments)
    assert ended.returncode == 2
    assert said in ended.stderr


def lines(*asked: Any) -> str:
    return "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in asked)


def pair(id_: Any, format_: str, old: Any, new: Any, **more: Any) -> dict[str, Any]:
    return {"id": id_, "format": format_, "old": old, "new": new, **more}


def test_lines_are_answered_in_order_and_a_bad_one_stops_none() -> None:
    given = lines(
        pair("text", "jsonschema", TEXT, INTEGER),
        pair(
            2,
            "jsonschema",
            {"type": "object"},
            {"type": "object", "properties": {"a": {"type": "string"}}},
            model="open",
        ),
        pair(
            3, "jsonschema", {"type": "object"}, {"type": "object", "properties": {"a": {"type": "string"}}}
        ),
        "nonsense",
        '{"id": "cut", "format": "avro", "old":',
        pair("files", "protobuf", {"a/b.proto": PROTO % "string"}, {"a/b.proto": PROTO % "int32"}),
        pair("graph", "graphql", "type Query { a: Int }", "type Query { a: Int b: Int }"),
        pair("which", "xml", "", ""),
        pair("model", "jsonschema", TEXT, TEXT, model="loose"),
        {"id": "missing", "format": "avro", "old": TEXT},
    )
    ended = run("--batch", "-", "--json", given=given)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [(each["id"], each["verdict"]) for each in found] == [
        ("text", "breaking"),
        (2, "compatible"),
        (3, "compatible"),
        (None, "unknown"),
        ("cut", "unknown"),
        ("files", "breaking"),
        ("graph", "compatible"),
        ("which", "unknown"),
        ("model", "unknown"),
        ("missing", "unknown"),
    ]
    assert found[1]["event"] == {"backward": True, "forward": True}
    assert found[2]["event"] == {"backward": False, "forward": True}
    assert found[6]["request"] == {"backward": None, "forward": None}
    assert found[8]["event"] == {"backward": None, "forward": None}
    assert all(each["error"] for each in found if each["verdict"] == "unknown")
    assert ended.returncode == 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([pair(1, "jsonschema", TEXT, TEXT)], 0),
        ([pair(1, "jsonschema", TEXT, TEXT), pair(2, "jsonschema", TEXT, INTEGER)], 1),
        ([pair(1, "jsonschema", TEXT, TEXT), pair(2, "jsonschema", "[", TEXT)], 3),
        ([], 3),
    ],
)
def test_the_worst_line_decides(asked: list[Any], code: int) -> None:
    ended = run("--batch", "-", "--json", given=lines(*asked))
    assert (ended.returncode, ended.stderr) == (code, "")


def test_lines_for_people(tmp_path: Path) -> None:
    place = tmp_path / "pairs.jsonl"
    place.write_text(lines(pair("a", "jsonschema", TEXT, INTEGER)))
    ended = run("--batch", str(place))
    assert ended.stdout == "a\tbreaking\tThe message can now be integer; before it was string.\n"
