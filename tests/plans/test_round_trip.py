"""A plan that goes through YAML, JSON and back loses nothing, and no edit that governs goes unseen."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rollouts.lib.documents import durations
from rollouts.lib.documents.canonical import digest, to_yaml
from rollouts.lib.documents.source import JSON, YAML
from rollouts.plans.document.check import check
from rollouts.plans.document.difference import differences

PLANS = sorted((Path(__file__).parents[2] / "demo" / "plans").glob("*.yaml"))
DOCUMENTS: list[dict[str, Any]] = [
    json.loads(json.dumps(check(path.read_bytes()).document)) for path in PLANS
]
IDENTITY = {"apiVersion", "kind", "name"}
"""What makes it another document or another rollout, so never a difference between two revisions."""

Place = tuple[str | int, ...]


def leaves(value: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every value of the document that holds no others, with its place."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    elif path[0] not in IDENTITY:
        yield path, value


PLACES = [(number, path) for number, made in enumerate(DOCUMENTS) for path, _ in leaves(made)]
WORDS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1, max_size=40
)
NUMBERS = st.one_of(st.integers(1, 90), st.floats(0.5, 99, allow_nan=False).map(lambda n: round(n, 2)))
LENGTHS = st.tuples(st.integers(1, 90), st.sampled_from(["s", "m", "h"])).map(lambda t: f"{t[0]}{t[1]}")
CHOICES = st.sampled_from(
    ["halt", "hold", "ask", "keep", "previous", "off", "escalate", "automatic", "manual", "low", "medium",
     "high", "open", "watch", "public", "internal", "private", "link", "build", "expand", "errors", "latency"]
)  # fmt: skip
VALUES = st.one_of(WORDS, NUMBERS, LENGTHS, CHOICES, st.booleans())


def put(document: dict[str, Any], path: Place, value: Any) -> Any:
    """The value that stood there."""
    target: Any = document
    for key in path[:-1]:
        target = target[key]
    was, target[path[-1]] = target[path[-1]], value
    return was


def yaml_of(document: Any) -> bytes:
    return to_yaml(document).encode()


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None, max_examples=60
)
@given(st.integers(0, len(DOCUMENTS) - 1), st.data())
def test_what_is_saved_comes_back_whatever_way_it_went(number: int, data: st.DataObject) -> None:
    made = copy.deepcopy(DOCUMENTS[number])
    for path, was in data.draw(
        st.lists(st.sampled_from(list(leaves(made))), max_size=6, unique_by=lambda leaf: leaf[0])
    ):
        value = data.draw(WORDS if isinstance(was, str) else VALUES)
        put(made, path, value)
        if not check(json.dumps(made).encode(), JSON).sound:
            put(made, path, was)
    first = check(json.dumps(made).encode(), JSON)
    through_yaml = check(yaml_of(first.document), YAML)
    through_json = check(json.dumps(through_yaml.document).encode(), JSON)
    assert first.plan is not None
    assert through_yaml.document == through_json.document == first.document
    assert through_yaml.digest == through_json.digest == first.digest == digest(made)
    assert through_yaml.plan == through_json.plan == first.plan
    assert differences(first.plan, through_yaml.plan) == []


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], deadline=None, max_examples=60
)
@given(st.sampled_from(PLACES), VALUES)
def test_no_edit_goes_unseen(place: tuple[int, Place], value: Any) -> None:
    number, path = place
    before = check(json.dumps(DOCUMENTS[number]).encode(), JSON)
    made = copy.deepcopy(DOCUMENTS[number])
    was = put(made, path, value)
    assume(type(was) is not type(value) or was != value)
    after = check(json.dumps(made).encode(), JSON)
    assume(after.plan is not None)
    assert after.digest != before.digest
    assert before.plan is not None
    assert after.plan is not None
    if after.plan != before.plan:
        assert differences(before.plan, after.plan) != []
    else:
        assert _same_meaning(was, value), f"{path}: {was!r} to {value!r} changed nothing"


def _same_meaning(was: Any, value: Any) -> bool:
    """Two spellings of one thing: 1h and 60m, 5 and 5.0, words that differ in the space around them."""
    if isinstance(was, str) and isinstance(value, str) and durations.spelt(was) and durations.spelt(value):
        return durations.parse(was) == durations.parse(value)
    if isinstance(was, int | float) and isinstance(value, int | float):
        return float(was) == float(value)
    return str(was).strip() == str(value).strip()


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_leaf_of_the_demo_is_read_by_something(path: Path) -> None:
    """A value that could be taken away without a difference would govern nothing."""
    document = json.loads(json.dumps(check(path.read_bytes()).document))
    before = check(json.dumps(document).encode(), JSON).plan
    unread = []
    for place, was in leaves(document):
        if isinstance(was, str) and " " in was:
            made = copy.deepcopy(document)
            put(made, place, f"{was} Changed.")
            after = check(json.dumps(made).encode(), JSON)
            if after.plan is not None and after.plan == before:
                unread.append(place)
    assert unread == []
