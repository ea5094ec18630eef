import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rollouts.lib.documents.problems import Severity
from rollouts.lib.documents.source import JSON
from rollouts.plans.document.check import check
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.document.published import schema
from tests.plans.factories import (
    ERRORS_GATE,
    SMALL,
    checked,
    checked_yaml,
    complaints,
    document,
    plan,
    with_gate,
    with_stage,
)

PLANS = sorted((Path(__file__).parents[2] / "demo" / "plans").glob("*.yaml"))


def test_the_published_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_everything_in_the_schema_is_described() -> None:
    def undescribed(name: str, part: Any) -> list[str]:
        found = [name] if isinstance(part, dict) and "description" not in part and "const" not in part else []
        for key, inner in part.get("properties", {}).items() if isinstance(part, dict) else ():
            if "$ref" not in inner:
                found += undescribed(f"{name}.{key}", inner)
        return found

    for name, part in schema()["$defs"].items():
        assert not undescribed(name, part)


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.name)
def test_every_plan_of_the_demo_is_sound(path: Path) -> None:
    found = check(path.read_bytes())
    assert found.plan is not None, [str(problem) for problem in found.problems]
    assert found.plan.name == path.stem
    assert not found.warnings


def test_a_small_plan_is_sound() -> None:
    found = checked(document())
    assert found.sound
    assert found.problems == ()
    assert found.digest is not None
    assert found.digest.startswith("sha256:")


def test_the_digest_is_taken_before_defaults() -> None:
    said = with_stage(advance="manual")
    assert checked(said).digest != checked(document()).digest
    assert checked(said).plan == checked(document()).plan


def test_several_problems_are_found_at_once_and_sorted_by_line() -> None:
    found = checked_yaml(
        """\
apiVersion: gatehouse/v1
kind: Plan
name: Orders V3
title: Orders
environment: production
owner: {team: orders}
changes:
  - {service: orders, from: 2.4, to: 3.10}
stages:
  - name: canary
    exposure: {percent: 110}
    bkae: 30s
risks:
  - {id: slow, title: Slow, gate: latency}
"""
    )
    assert [(one.path, one.line) for one in found.errors] == [
        ("/name", 3),
        ("/changes/0/from", 8),
        ("/changes/0/to", 8),
        ("/stages/0/bake", 10),
        ("/stages/0/exposure/percent", 11),
        ("/stages/0/bkae", 12),
        ("/risks/0/gate", 14),
    ]
    assert all(one.remedy for one in found.problems)
    by_path = {one.path: one for one in found.errors}
    assert by_path["/changes/0/to"].remedy == 'Write "3.10" in quotes.'
    assert by_path["/stages/0/bkae"].remedy == "Did you mean bake?"


@pytest.mark.parametrize("value", [None, 3, "x", [], [1], True])
def test_a_document_that_is_no_plan_is_refused_without_failing(value: Any) -> None:
    assert not checked(value).sound


@pytest.mark.parametrize(
    ("made", "path", "words"),
    [
        (document(apiVersion="gatehouse/v9"), "/apiVersion", "gatehouse/v1"),
        (document(stages=[]), "/stages", "empty"),
        (document(owner=None), "/owner", "missing"),
        (document(titel="x"), "/titel", "Did you mean title?"),
        (document(owner="orders"), "/owner", "a set of keys"),
        (with_stage(advance="auto"), "/stages/0/advance", "Did you mean automatic?"),
        (with_stage(bake="30 minutes"), "/stages/0/bake", "30s, 10m"),
        (with_stage(bake="99999d"), "/stages/0/bake", "ten years"),
        (with_stage(exposure={}), "/stages/0/exposure", "percent, consumers, regions"),
        (with_stage(targets=["order"]), "/stages/0/targets/0", "Did you mean orders?"),
        (with_stage(targets=["orders", "orders"]), "/stages/0/targets/1", "twice"),
        (with_stage(2, name="canary"), "/stages/1/name", "two stages"),
        (with_stage(2, exposure={"percent": 5}), "/stages/1/exposure", "must not fall"),
        (with_stage(bake="2h", max_duration="1h"), "/stages/0/max_duration", "longer than its max_duration"),
        (document(changes=[{"service": "orders"}] * 2), "/changes/1", "two changes"),
        (document(order=[{"first": "orders", "then": "pay"}]), "/order/0/then", "no change named pay"),
        (document(order=[{"first": "orders", "then": "orders"}]), "/order/0", "wait for itself"),
        (document(risks=[{"id": "a", "title": "A"}] * 2), "/risks/1/id", "two risks"),
        (with_gate(kind="metrik"), "/stages/0/gates/exit/0/kind", "Did you mean metric?"),
        (
            with_gate(settings={"signal": "saturation"}),
            "/stages/0/gates/exit/0/settings/limit",
            "The judge limit needs a limit.",
        ),
        (with_gate(settings=None), "/stages/0/gates/exit/0/settings", "settings"),
        (
            with_gate(settings={"signal": "errors", "limit": 2}),
            "/stages/0/gates/exit/0/settings/limit",
            'Write "2 %"',
        ),
        (
            with_gate(settings={"signal": "latency", "limit": 0.1}),
            "/stages/0/gates/exit/0/settings/slower_than",
            "what is slow",
        ),
        (
            with_gate(settings={"signal": "errors", "limit": 0.1, "slower_than": "1s"}),
            "/stages/0/gates/exit/0/settings/slower_than",
            "no meaning",
        ),
        (
            with_gate(settings={"signal": "errors", "limit": 0.1, "breaches": {"count": 4, "of": 3}}),
            "/stages/0/gates/exit/0/settings/breaches",
            "cannot be among",
        ),
        (
            with_gate(settings={"signal": "errors", "limit": 0.1, "judge": "limitt"}),
            "/stages/0/gates/exit/0/settings/judge",
            "Did you mean limit?",
        ),
        (with_stage(gates={"exit": ["errors"]}), "/stages/0/gates/exit/0", "no shared gate"),
        (
            document(gates=[ERRORS_GATE], stages=[SMALL["stages"][0] | {"gates": {"exit": [ERRORS_GATE]}}]),
            "/stages/0/gates/exit/0/name",
            "shared gate",
        ),
        (
            with_stage(gates={"exit": [ERRORS_GATE], "entry": [ERRORS_GATE]}),
            "/stages/0/gates/exit/0/name",
            "two gates",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_remedy(made: Any, path: str, words: str) -> None:
    found = complaints(made)
    assert path in found, found
    assert words in found[path]


def test_a_change_that_no_stage_targets_is_refused() -> None:
    made = document(changes=[*SMALL["changes"], {"service": "pay"}])
    made["stages"][0]["targets"] = made["stages"][1]["targets"] = ["orders"]
    assert "No stage targets the change pay" in complaints(made)["/changes/1"]


def test_exposure_may_not_leave_a_consumer() -> None:
    made = with_stage(exposure={"consumers": ["checkout", "shipping"]})
    made["stages"][1]["exposure"] = {"consumers": ["shipping"]}
    assert "checkout had it in stage canary" in complaints(made)["/stages/1/exposure"]


def test_exposure_may_grow_from_some_consumers_to_all() -> None:
    assert checked(with_stage(exposure={"consumers": ["checkout"]})).sound


def test_exposure_of_another_change_starts_again() -> None:
    made = document(changes=[*SMALL["changes"], {"service": "pay"}])
    made["stages"][0] |= {"targets": ["orders"], "exposure": {"percent": 100}}
    made["stages"][1] |= {"targets": ["pay"], "exposure": {"percent": 10}}
    assert checked(made).sound


def test_a_metric_gate_names_its_service_when_several_change() -> None:
    made = with_gate()
    made["changes"].append({"service": "pay"})
    assert "does not say which one" in complaints(made)["/stages/0/gates/exit/0/settings/service"]


@pytest.mark.parametrize(
    ("start", "end", "zone", "key", "words"),
    [
        ("2026-03-29T02:30", "", "Europe/Berlin", "start", ["does not exist", "01:30", "03:30"]),
        ("2026-10-25T02:30", "", "Europe/Berlin", "start", ["comes twice", "02:30+02:00", "02:30+01:00"]),
        ("2026-10-25T02:30+03:00", "", "Europe/Berlin", "start", ["not an offset"]),
        ("2026-11-31T09:00", "", "UTC", "start", ["calendar"]),
        ("2026-11-25T09:00", "", "Berlin", "zone", ["IANA"]),
        ("2026-11-25T09:00", "2026-11-25T08:00", "UTC", "end", ["ends before"]),
        ("2026-11-25T09:00:00", "2026-11-25T09:00:10", "UTC", "end", ["shorter than the bake"]),
    ],
)
def test_a_window_that_cannot_be_is_refused_with_the_choices(
    start: str, end: str, zone: str, key: str, words: list[str]
) -> None:
    window = {"start": start, "zone": zone} | ({"end": end} if end else {})
    said = complaints(with_stage(window=window))[f"/stages/0/window/{key}"]
    assert all(word in said for word in words), said


def test_windows_stand_in_the_order_of_the_stages() -> None:
    made = with_stage(window={"start": "2026-11-25T09:00", "zone": "UTC"})
    made["stages"][1]["window"] = {"start": "2026-11-25T09:30", "zone": "Europe/Berlin"}
    assert "before the one of stage canary" in complaints(made)["/stages/1/window/start"]


def test_a_repeated_hour_is_read_with_its_offset() -> None:
    found = checked(with_stage(window={"start": "2026-10-25T02:30+01:00", "zone": "Europe/Berlin"}))
    assert found.plan is not None
    window = found.plan.stages[0].window
    assert window is not None
    assert window.start.at.isoformat() == "2026-10-25T01:30:00+00:00"


FACTS = Facts(
    services=frozenset({"orders", "checkout"}),
    environments=frozenset({"production"}),
    teams=frozenset({"orders"}),
    contracts=frozenset({"orders-api"}),
    people=frozenset({"sofia@fernhill.example"}),
    policies=frozenset({"orders-on-call"}),
)


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (document(environment="prod"), "/environment"),
        (document(owner={"team": "order"}), "/owner/team"),
        (document(owner={"team": "orders", "person": "x@y.example"}), "/owner/person"),
        (document(escalation={"policy": "nobody"}), "/escalation/policy"),
        (document(changes=[{"service": "ordrs"}]), "/changes/0/service"),
        (document(changes=[{"service": "orders", "contract": "order-api"}]), "/changes/0/contract"),
        (document(expected_impact=[{"consumer": "web", "impact": "None."}]), "/expected_impact/0/consumer"),
        (document(rollback={"who": {"teams": ["web"]}}), "/rollback/who/teams/0"),
        (with_stage(exposure={"consumers": ["web"]}), "/stages/0/exposure/consumers/0"),
        (with_gate(owner="web"), "/stages/0/gates/exit/0/owner"),
        (with_gate(kind="approval", settings={"teams": ["web"]}), "/stages/0/gates/exit/0/settings/teams/0"),
        (document(review={"author": "web"}), "/review/author"),
    ],
)
def test_a_name_that_nobody_has_is_refused(made: Any, path: str) -> None:
    assert path in complaints(made, FACTS)
    assert path not in complaints(made)


def test_what_is_not_known_is_not_checked() -> None:
    assert checked(document(), FACTS).sound
    assert checked(document(), Facts()).sound


def test_people_are_found_whatever_their_capitals() -> None:
    assert checked(document(owner={"team": "orders", "person": "Sofia@Fernhill.example"}), FACTS).sound


def test_a_kind_that_an_extension_registers_is_accepted() -> None:
    made = with_gate(kind="drill", settings={"within": "30d"})
    assert checked(made, Facts(gate_kinds=frozenset({"drill"}))).sound


def test_warnings_stop_nothing() -> None:
    found = checked(document(rollback=None))
    assert found.sound
    assert {one.severity for one in found.problems} == {Severity.WARNING}
    assert "no rollback plan" in found.warnings[0].message


PARTS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 3.5, "", "x", "30s", [], ["x"], [{}], {}, {"name": 1}, {"percent": "x"}]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        found += places(part, (*path, key))
    return found


FULL = json.loads(json.dumps(check(PLANS[0].read_bytes()).document)) if PLANS else SMALL


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(places(FULL)), PARTS), min_size=1, max_size=3))
def test_no_wrong_shape_makes_the_checks_fail(edits: list[tuple[tuple[Any, ...], Any]]) -> None:
    made = copy.deepcopy(FULL)
    for path, part in edits:
        target = made
        try:
            for key in path[:-1]:
                target = target[key]
            # Its own copy: a later edit inside it must not put it into itself.
            target[path[-1]] = copy.deepcopy(part)
        except (KeyError, IndexError, TypeError):
            continue
    found = check(json.dumps(made).encode(), JSON, FACTS)
    assert found.sound is not bool(found.errors)
    assert all(one.remedy and one.line >= 1 for one in found.problems)


def test_an_extension_says_by_how_much_and_nothing_else_does() -> None:
    made = with_stage(no_data={"then": "extend"}, inconclusive={"then": "ask", "extend": "30m"})
    found = {problem.path: problem.severity for problem in checked(made).problems}
    assert found["/stages/0/no_data/extend"] is Severity.ERROR
    assert found["/stages/0/inconclusive/extend"] is Severity.WARNING


def test_a_bake_that_may_grow_beyond_its_limit_is_warned_of() -> None:
    made = with_stage(bake="10m", max_duration="30m", inconclusive={"then": "extend", "extend": "30m"})
    (problem,) = [each for each in checked(made).warnings if each.path.endswith("max_duration")]
    assert problem.message.startswith("With its extension the bake can take longer than max_duration")


KNOWN = Facts(contracts=frozenset({"orders-api"}), versions={"orders-api": frozenset({"2.1", "3.0.0"})})


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"contract_from": "2.1"}, "/changes/0/contract_from", "names none"),
        (
            {"contract": "orders-api", "contract_from": "2.1", "contract_to": "2.1"},
            "/changes/0/contract_to",
            "does not move",
        ),
        (
            {"contract": "orders-api", "contract_from": "2.0"},
            "/changes/0/contract_from",
            "no version of orders-api named 2.0",
        ),
    ],
)
def test_versions_of_a_contract_are_checked_where_they_stand(
    change: dict[str, str], path: str, said: str
) -> None:
    found = complaints(document(changes=[{"service": "orders", **change}]), KNOWN)
    assert list(found) == [path]
    assert said in found[path]


def test_a_version_that_is_not_there_yet_is_only_warned_of() -> None:
    change = {"service": "orders", "contract": "orders-api", "contract_from": "2.1", "contract_to": "4.0.0"}
    found = checked(document(changes=[change]), KNOWN)
    assert found.sound
    (warning,) = found.warnings
    assert (warning.path, "not checked" in warning.remedy) == ("/changes/0/contract_to", True)


def test_the_versions_are_read_with_the_change() -> None:
    change = {"service": "orders", "contract": "orders-api", "contract_from": "2.1", "contract_to": "3.0.0"}
    (read,) = plan(document(changes=[change])).changes
    assert (read.contract, read.contract_from, read.contract_to) == ("orders-api", "2.1", "3.0.0")
