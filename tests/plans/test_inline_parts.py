"""Gates that are written inside a composite one: read as gates of their own that bind only through it."""

from typing import Any

import pytest

from rollouts.plans.document.difference import differences
from tests.plans.factories import checked, document, plan

ERRORS = {"name": "errors", "kind": "metric", "settings": {"signal": "errors", "limit": "2 %"}}
SLOW = {
    "name": "slow", "kind": "metric", "min_requests": 7,
    "settings": {"signal": "latency", "slower_than": "300ms", "limit": "1 %"},
}  # fmt: skip


def composite(*parts: Any, **settings: Any) -> dict[str, Any]:
    return {"name": "well", "kind": "composite", "settings": {"parts": list(parts), **settings}}


def stage(*gates: Any, shared: tuple[Any, ...] = ()) -> dict[str, Any]:
    made = document()
    made["stages"][0]["gates"] = {"exit": list(gates)}
    if shared:
        made["gates"] = list(shared)
    return made


def test_they_stand_beside_it_and_bind_only_through_it() -> None:
    slower = {"gate": SLOW, "importance": "important", "weight": 3}
    made = stage(ERRORS, composite({"gate": "errors"}, slower))
    assert not checked(made).problems
    first, well, slow = plan(made).stages[0].exit
    assert (first.required, well.required, slow.required) == (True, True, False)
    assert (slow.name, slow.min_requests, slow.metric.signal) == ("slow", 7, "latency")
    assert [part["gate"] for part in well.settings["parts"]] == ["errors", "slow"]
    assert well.settings["parts"][1] == {"gate": "slow", "importance": "important", "weight": 3}


def test_a_shared_composite_brings_them_to_every_stage_that_uses_it() -> None:
    made = stage("well", shared=(composite({"gate": SLOW}),))
    made["stages"][1]["gates"] = {"exit": ["well"]}
    assert not checked(made).problems
    assert [[gate.name for gate in each.exit] for each in plan(made).stages] == [["well", "slow"]] * 2
    made["stages"][0]["gates"]["exit"].append({**ERRORS, "name": "slow"})
    assert "There are two gates named slow." in [each.message for each in checked(made).errors]


def test_the_same_gate_inside_and_beside_is_the_same_plan_but_for_what_it_binds() -> None:
    inside = stage(composite({"gate": SLOW}))
    beside = stage(composite({"gate": "slow"}), {**SLOW, "required": False})
    assert differences(plan(inside), plan(beside)) == []


WRONG: list[tuple[list[Any], str]] = [
    ([composite({"gate": {**SLOW, "settings": {"signal": "latency"}}})], "A latency gate must say"),
    ([composite({"gate": {"name": "odd", "kind": "oddity"}})], "There is no gate kind named oddity."),
    ([composite({"gate": {**composite({"gate": SLOW}), "name": "inner"}})], "The part inner is a composite"),
    ([composite({"gate": SLOW}, {"gate": "slow"})], "The part slow stands twice in the composite."),
    ([SLOW, composite({"gate": SLOW})], "There are two gates named slow."),
    ([composite({"gate": SLOW, "importance": "informational"})], "No part of the composite binds"),
    ([composite({"gate": {**SLOW, "on_fail": "hold"}})], "on_fail does nothing for the part slow"),
    ([composite({"gate": {"name": "slow"}})], "kind is missing."),
]


@pytest.mark.parametrize(("gates", "said"), WRONG)
def test_what_is_wrong_inside_is_said(gates: list[Any], said: str) -> None:
    assert any(each.message.startswith(said) for each in checked(stage(*gates)).problems)


def test_a_risk_may_name_a_gate_inside() -> None:
    made = stage(composite({"gate": SLOW}))
    made["risks"] = [{"id": "slowness", "title": "It may be slow", "gate": "slow"}]
    assert not checked(made).problems
