import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.lib.documents.canonical import canonical, digest, to_yaml
from rollouts.lib.documents.source import JSON, LIMITS, YAML, media_type_of, parse

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(categories=["L"])), inner, max_size=4)
    ),
    max_leaves=12,
)


def only_problem(source: bytes, media_type: str = YAML) -> tuple[str, int, int, str]:
    (problem,) = parse(source, media_type).problems
    assert problem.remedy
    return problem.path, problem.line, problem.column, problem.message


def test_yaml_and_json_spellings_of_a_document_have_one_digest() -> None:
    yaml = b'a: 1.0\nb:\n  - "x"\n  - {c: true}\n'
    assert digest(parse(yaml).value) == digest(parse(b'{"b": ["x", {"c": true}], "a": 1}', JSON).value)


def test_a_value_is_marked_where_it_stands() -> None:
    marks = parse(b"stages:\n  - name: x\n    bake: 30s\n").marks
    assert (marks.near(("stages",)).line, marks.near(("stages",)).column) == (1, 1)
    assert (marks.near(("stages", 0, "bake")).line, marks.near(("stages", 0, "bake")).column) == (3, 11)
    assert marks.near(("stages", 0, "missing")).line == 2


def test_a_version_keeps_how_it_was_written() -> None:
    parsed = parse(b"to: 3.10")
    assert parsed.value == {"to": 3.1}
    assert parsed.marks.raw(("to",)) == "3.10"


def test_a_byte_order_mark_and_windows_lines_are_read() -> None:
    assert parse(b"\xef\xbb\xbfa: 1\r\nb: two\r\n").value == {"a": 1, "b": "two"}


@pytest.mark.parametrize("media_type", [YAML, JSON])
@pytest.mark.parametrize("open_", [b"[", b'{"a":'])
def test_a_very_deep_document_is_refused_at_once(media_type: str, open_: bytes) -> None:
    began = time.monotonic()
    _, line, _, message = only_problem(open_ * 40_000, media_type)
    assert line == 1
    assert "deeper" in message
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("media_type", [YAML, JSON])
def test_too_many_values_are_refused(media_type: str) -> None:
    assert "values" in only_problem(b"[" + b"1," * 20_001 + b"1]", media_type)[3]


def test_a_document_past_the_size_is_refused_unread() -> None:
    assert "bytes" in only_problem(b"a: " + b"x" * LIMITS.bytes)[3]


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "Anchors" in only_problem(bomb.encode())[3]
    assert "Aliases" in only_problem(b"a: *b")[3]


def test_tags_are_refused() -> None:
    assert "tag" in only_problem(b"a: !!python/object/apply:os.system [ls]")[3]


def test_a_second_document_is_refused() -> None:
    assert only_problem(b"a: 1\n---\nb: 2\n")[:3] == ("", 2, 1)


@pytest.mark.parametrize(
    ("source", "media_type", "path", "line"),
    [
        (b"a: 1\nb: 2\na: 3\n", YAML, "/a", 3),
        (b"s:\n  - x: 1\n    x: 2\n", YAML, "/s/0/x", 3),
        (b'{"a": 1,\n "a": 2}', JSON, "/a", 2),
    ],
)
def test_a_key_that_stands_twice_is_refused(source: bytes, media_type: str, path: str, line: int) -> None:
    found_path, found_line, _, message = only_problem(source, media_type)
    assert (found_path, found_line) == (path, line)
    assert "twice" in message


@pytest.mark.parametrize("source", [b"3: x", b"yes: x", b"? [a]\n: b", b"<<: {a: 1}", b"2026-11-25: x"])
def test_keys_are_texts(source: bytes) -> None:
    assert len(parse(source).problems) == 1


@pytest.mark.parametrize(
    ("source", "media_type"),
    [
        (b"a: [1, 2", YAML),
        (b"a: b: c", YAML),
        (b"\ta: 1", YAML),
        (b"a: \x07", YAML),
        (b"", YAML),
        (b"# nothing", YAML),
        (b"a: \xff", YAML),
        (b"", JSON),
        (b"{", JSON),
        (b'{"a" 1}', JSON),
        (b'{"a": 1,}', JSON),
        (b'{"a": tru}', JSON),
        (b'{"a": 01}', JSON),
        (b'{"a": NaN}', JSON),
        (b'{"a": "\\ud800"}', JSON),
        (b'{"a": "\n"}', JSON),
        (b"{} {}", JSON),
        (b"[1 2]", JSON),
    ],
)
def test_what_is_no_document_is_one_problem_with_a_place(source: bytes, media_type: str) -> None:
    path, line, column, _ = only_problem(source, media_type)
    assert path == ""
    assert line >= 1
    assert column >= 1


def test_several_ambiguous_scalars_are_all_named() -> None:
    problems = parse(b"a: yes\nb: 2026-11-25\nc: 010\n").problems
    assert [(one.path, one.line) for one in problems] == [("/a", 1), ("/b", 2), ("/c", 3)]


def test_numbers_that_a_double_cannot_hold_are_refused() -> None:
    for source in (b'{"a": 9007199254740993}', b'{"a": 1e999}'):
        assert "too large" in only_problem(source, JSON)[3]


@given(JSON_VALUES)
def test_json_reads_as_the_standard_library_reads_it(value: object) -> None:
    parsed = parse(json.dumps(value).encode(), JSON)
    assert not parsed.problems
    assert parsed.value == json.loads(json.dumps(value))


@given(
    st.dictionaries(st.text(st.characters(categories=["L"]), min_size=1), JSON_VALUES, min_size=1, max_size=4)
)
def test_what_is_written_as_yaml_reads_back_with_the_same_digest(value: dict[str, object]) -> None:
    parsed = parse(to_yaml(value).encode())
    keys_are_plain = not any(problem.path.count("/") for problem in parsed.problems)
    if keys_are_plain:
        assert canonical(parsed.value) == canonical(value)


@given(st.binary(max_size=200), st.sampled_from([YAML, JSON]))
def test_no_bytes_make_the_reader_fail(source: bytes, media_type: str) -> None:
    parsed = parse(source, media_type)
    assert all(problem.line >= 1 and problem.column >= 1 and problem.remedy for problem in parsed.problems)


def test_the_media_type_follows_the_ending() -> None:
    assert media_type_of("plan.JSON") == JSON
    assert media_type_of("plan.yaml") == YAML
