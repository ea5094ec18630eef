"""Documents that strangers may send: answered with a sentence, by no engine's failure as compatible."""

import json
import os
import random
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollouts.contracts.formats import sandbox
from rollouts.contracts.formats.comparing import FLOWS, compare
from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.values import Outcome, Unreadable
from tests.contracts.formats import orders, test_asyncapi, test_libraries

CLONE = Path(__file__).parents[3]

ALIASES = "\n".join(
    [
        "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
        *(
            f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
    ]
)
SOUND: dict[str, Any] = {
    "openapi": json.dumps(orders.base()),
    "asyncapi": json.dumps(test_asyncapi.two()),
    "jsonschema": json.dumps(orders.ORDER),
    "avro": test_libraries.enum("new", "paid", default="new"),
    "graphql": "enum E { A B } input I { a: Int } type Query { a(i: I!): [E!] b: String } union U = Query",
    "protobuf": test_libraries.proto("int32 n = 2;", service=test_libraries.CALLS % ""),
}


@pytest.mark.parametrize("format_", FLOWS)
def test_a_sound_document_is_compatible_with_itself(format_: str) -> None:
    assert compare(format_, SOUND[format_], SOUND[format_]).outcome is Outcome.COMPATIBLE


HOSTILE = {
    "nothing": "",
    "50 MB": "x" * 50_000_000,
    "50,000 lists": "[" * 50_000,
    "50,000 objects": '{"a":' * 50_000,
    "50,000 of YAML": "- " * 50_000 + "a",
    "50,000 braces": "{a" * 50_000,
    "aliases of aliases": ALIASES,
    "an alias of itself": "a: &a [*a]",
    "a tag": "!!python/object/apply:os.system [true]",
    "no text": "\x00\x01",
    "not a number": '{"minimum": NaN}',
    "too large a number": '{"minimum": 1e999}',
    "5,000 digits": '{"minimum": ' + "9" * 5_000 + "}",
    "a key twice": '{"type": "string", "type": "integer"}',
    "half a pair": '{"a": "\\ud800"}',
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("format_", FLOWS)
def test_it_is_unknown_and_says_why(format_: str, name: str) -> None:
    for old, new in ((HOSTILE[name], SOUND[format_]), (SOUND[format_], HOSTILE[name])):
        found = sandbox.compare_forked(sandbox.request(format_, old, new))
        if (format_, name) == ("jsonschema", "half a pair"):
            return  # a schema that says nothing
        if (format_, name) == ("protobuf", "no text"):
            assert found.outcome is not Outcome.COMPATIBLE  # buf takes such letters for spaces
            continue
        assert found.outcome is Outcome.UNKNOWN
        assert found.error


REFERRING: dict[str, str] = {
    "jsonschema": '{{"$ref": "{url}"}}',
    "openapi": '{{"openapi": "3.1.0", "paths": {{"/a": {{"$ref": "{url}"}}}}}}',
    "asyncapi": '{{"asyncapi": "2.0.0", "channels": {{"a": {{"$ref": "{url}"}}}}}}',
}


@pytest.mark.parametrize("format_", REFERRING)
def test_references_out_of_the_document_are_refused_and_nobody_is_asked(format_: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        for url in (
            f"http://127.0.0.1:{server.getsockname()[1]}/a.json",
            "file:///etc/passwd",
            "other.yaml#/a",
        ):
            text = REFERRING[format_].format(url=url)
            found = sandbox.compare(format_, text, text)
            assert found.outcome is Outcome.UNKNOWN
            assert "only references inside it are read" in found.error
        with pytest.raises(BlockingIOError):
            server.accept()


def test_expressions_that_backtrack_take_no_time() -> None:
    old = {
        "type": "object",
        "properties": {"a" * 40 + "!": {"type": "string"}},
        "patternProperties": {"^(a+)+$": {}},
    }
    new = {"type": "object", "patternProperties": {"^(a|aa)+$": {"type": "integer"}, "^(a|a)+$": {}}}
    found = sandbox.compare_forked(sandbox.request("jsonschema", json.dumps(old), json.dumps(new)))
    assert found.error == ""


def test_protobuf_on_one_line_is_refused() -> None:
    one = 'syntax = "proto3"; ' + " ".join(
        f"message M{number} {{ string a = 1; }}" for number in range(3_000)
    )
    found = sandbox.compare_forked(sandbox.request("protobuf", one, one))
    assert "Break lines over 2,000" in found.error


def test_schemas_that_refer_to_each_other_are_compared() -> None:
    def mutual(kind: str) -> str:
        return json.dumps(
            {
                "$ref": "#/$defs/a",
                "$defs": {
                    "a": {"properties": {"b": {"$ref": "#/$defs/b"}}},
                    "b": {"properties": {"a": {"$ref": "#/$defs/a"}, "x": {"type": kind}}},
                },
            }
        )

    assert compare("jsonschema", mutual("string"), mutual("string")).outcome is Outcome.COMPATIBLE
    assert compare("jsonschema", mutual("string"), mutual("integer")).outcome is Outcome.BREAKING


def test_references_in_a_circle_are_told() -> None:
    text = '{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}'
    assert "lead on and on" in compare("jsonschema", text, "{}").error


def test_what_takes_too_long_or_too_much_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    branch = {
        f"p{n}": {"anyOf": [{"properties": {f"q{m}": {"pattern": f"a{m}{n}"}}} for m in range(8)]}
        for n in range(8)
    }
    text = json.dumps({"anyOf": [{"properties": branch} for _ in range(8)]})
    monkeypatch.setattr(sandbox, "CPU_S", 1)
    found = sandbox.compare_forked(sandbox.request("jsonschema", text, text.replace("a00", "b")))
    assert found.outcome is Outcome.UNKNOWN
    monkeypatch.setattr(sandbox, "WALL_S", 0.05)
    found = sandbox.compare_forked(sandbox.request("jsonschema", text, text.replace("a00", "b")))
    assert "took longer" in found.error
    monkeypatch.setattr(sandbox, "WALL_S", 10)
    monkeypatch.setattr(sandbox, "CPU_S", 8)
    monkeypatch.setattr(sandbox, "MEMORY", 2**20)
    found = sandbox.compare_forked(sandbox.request("openapi", SOUND["openapi"], json.dumps(["x" * 900_000])))
    assert found.outcome is Outcome.UNKNOWN


def test_the_process_that_asks_lives_on_and_leaves_none_behind() -> None:
    asked = sandbox.request("jsonschema", "[" * 50_000, "{}")
    before = _children()
    for _ in range(3):
        assert sandbox.compare_forked(asked).outcome is Outcome.UNKNOWN
    assert _children() == before


def _children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


@pytest.mark.parametrize("format_", ["openapi", "asyncapi", "jsonschema", "avro", "graphql"])
def test_mutated_documents_crash_nothing(format_: str) -> None:
    """What is left of a sound document when letters go and come: an answer, and never that of a failure."""
    chance = random.Random(format_)
    sound = SOUND[format_]
    for _ in range(2_000):
        text = mutated(sound, chance)
        found = compare(format_, sound, text)
        assert "could not be compared" not in found.error, (text, found.error)
        if found.error:
            assert found.outcome is not Outcome.COMPATIBLE


def mutated(text: str, chance: random.Random) -> str:
    """The text with a part of it gone, doubled, or put elsewhere."""
    start = chance.randrange(len(text))
    end = min(len(text), start + chance.choice((1, 2, 5, 20)))
    part = text[start:end]
    kind = chance.randrange(4)
    if kind == 0:
        return text[:start] + text[end:]
    if kind == 1:
        return text[:end] + part + text[end:]
    if kind == 2:
        return (
            text[:start] + chance.choice(("{}", "[]", '""', "null", "1", "true", ":", "}", "]")) + text[end:]
        )
    other = chance.randrange(len(text))
    rest = text[:start] + text[end:]
    return rest[:other] + part + rest[other:]


def test_changed_values_crash_nothing() -> None:
    """Documents that are still JSON, of which one value is another."""
    chance = random.Random(7)
    for format_ in ("openapi", "asyncapi", "jsonschema", "avro"):
        for _ in range(500):
            document = json.loads(SOUND[format_])
            places = list(_places(document))
            holder, key = chance.choice(places)
            holder[key] = chance.choice(
                (None, True, 0, -1, 1.5, "", "x", [], {}, [[]], [{}], {"a": 1}, "#/x")
            )
            found = compare(format_, SOUND[format_], json.dumps(document))
            assert "could not be compared" not in found.error, (json.dumps(document), found.error)


def _places(value: Any) -> Any:
    for key, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        if isinstance(each, dict | list):
            yield from _places(each)


def test_mutated_protobuf_crashes_nothing() -> None:
    chance = random.Random(3)
    for _ in range(40):
        found = compare("protobuf", SOUND["protobuf"], mutated(SOUND["protobuf"], chance))
        assert "could not be compared" not in found.error
        if found.error:
            assert found.outcome is Outcome.UNKNOWN


def test_yaml_is_read_as_json() -> None:
    text = 'on: yes\n1.10: "1.10"\n200: 200\nday: 2026-01-31\nnothing: ~\nright: true\n'
    assert read(text) == {
        "on": "yes",
        "1.10": "1.10",
        "200": 200,
        "day": "2026-01-31",
        "nothing": None,
        "right": True,
    }
    with pytest.raises(Unreadable, match="stands twice"):
        read("a: 1\na: 2\n")


def test_a_process_of_its_own_answers_as_this_one() -> None:
    for format_ in ("jsonschema", "protobuf"):
        assert sandbox.compare(format_, SOUND[format_], SOUND[format_]).outcome is Outcome.COMPATIBLE
    found = sandbox.compare("jsonschema", '{"type": "string"}', '{"type": "integer"}')
    assert found.as_json() == compare("jsonschema", '{"type": "string"}', '{"type": "integer"}').as_json()


def test_the_engines_load_no_django() -> None:
    code = (
        "import sys; from rollouts.contracts.formats import sandbox; sandbox.load('openapi');"
        "print('django' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=CLONE, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "False"
