"""`manage.py contract can-promote|can-retire --facts`: CI asks without an installation."""

import json
from pathlib import Path
from typing import Any

import pytest

from rollouts.contracts.questions import facts
from rollouts.contracts.questions.facts import BadFacts, promote_facts, read, retire_facts
from tests.contracts.commands import program, run

NOW = "2026-11-29T08:00:00Z"
PROMOTE: dict[str, Any] = {
    "contract": "orders-api",
    "version": "3.0.0",
    "now": NOW,
    "consumers": [
        {
            "name": "web",
            "owner": "Team Web",
            "difference": "breaking",
            "touched_by": "/total",
            "readiness": "not_ready",
        }
    ],
}
RETIRE: dict[str, Any] = {
    "contract": "orders-api",
    "version": "2.4.0",
    "today": "2026-11-29",
    "deprecated": True,
    "sunset": "2026-11-01",
    "consumers": [{"name": "web", "readiness": "migrated"}],
}


def test_no_is_said_with_who_must_do_what(tmp_path: Path) -> None:
    place = tmp_path / "facts.json"
    place.write_text(json.dumps(PROMOTE))
    ended = run("can-promote", "--facts", str(place))
    assert ended.returncode == 1
    assert ended.stdout == (
        "Can orders-api 3.0.0 be promoted? NO: 3.0.0 breaks web (/total), which is not ready.\n"
        "  no       web: 3.0.0 breaks web (/total), which is not ready. Team Web: get ready for 3.0.0.\n"
    )


def test_yes_as_json_from_standard_input() -> None:
    ended = program("can-retire", "--facts", "-", "--json", given=json.dumps(RETIRE))
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["answer"] == "yes"


def test_pending_is_three() -> None:
    waiting = {**PROMOTE, "consumers": [{**PROMOTE["consumers"][0], "readiness": "testing"}]}
    assert run("can-promote", "--facts", "-", given=json.dumps(waiting)).returncode == 3


def test_bad_facts_are_two() -> None:
    ended = run("can-promote", "--facts", "-", given="{}")
    assert ended.returncode == 2
    assert "'contract' is a required property" in ended.stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("[", "no JSON"),
        ("[]", "is not of type 'object'"),
        (json.dumps({**PROMOTE, "colour": 1}), "'colour' was unexpected"),
        (json.dumps({**PROMOTE, "now": "soon"}), "is no time"),
        (json.dumps({**PROMOTE, "now": "2026-11-29T08:00:00"}), "has no time zone"),
        (
            json.dumps({**PROMOTE, "consumers": [{"name": "web", "readiness": "eager"}]}),
            "consumers/0/readiness",
        ),
    ],
)
def test_what_the_facts_cannot_be(given: str, said: str) -> None:
    with pytest.raises(BadFacts, match=said):
        promote_facts(read(given, "promote"))


def test_dates_are_dates() -> None:
    with pytest.raises(BadFacts, match="is no date"):
        retire_facts(read(json.dumps({**RETIRE, "today": "today"}), "retire"))


def test_what_is_not_said_is_as_the_schema_says() -> None:
    defaults = {
        name: each["default"]
        for name, each in json.loads(facts.SCHEMA.read_text())["$defs"]["consumer"]["properties"].items()
        if "default" in each
    }
    (caller,) = promote_facts({**PROMOTE, "consumers": [{"name": "web"}]}).consumers
    assert defaults == {
        "exposed": caller.exposed,
        "declared": caller.declared,
        "confidence": caller.confidence,
        "readiness": caller.readiness.value,
        "difference": caller.touch.value,
        "calls_last_hour": caller.calls_last_hour,
        "excludes_version": caller.excludes,
    }
