import copy

from rollouts.plans.document.difference import Difference, Weight, differences, text_difference
from tests.plans.factories import ERRORS_GATE, document, plan, with_gate, with_stage


def only(old: dict[str, object] | None, new: dict[str, object]) -> Difference:
    (found,) = differences(plan(old), plan(new))
    return found


def test_equal_plans_do_not_differ_even_when_one_spells_out_defaults() -> None:
    assert differences(plan(), plan(with_stage(advance="manual", on_halt="previous"))) == []


def test_a_longer_bake_lowers_risk() -> None:
    found = only(None, with_stage(bake="1m"))
    assert str(found) == "Stage 1 canary, bake: 30 s → 1 min (Lowers risk)"
    assert found.governs
    assert found.weight is Weight.LOWERS_RISK


def test_more_exposure_raises_risk() -> None:
    found = only(None, with_stage(exposure={"percent": 25}))
    assert (found.was, found.now, found.weight) == ("10 %", "25 %", Weight.RAISES_RISK)


def test_a_stricter_limit_lowers_risk() -> None:
    found = only(with_gate(), with_gate(settings={"signal": "errors", "limit": "1 %"}))
    assert found.where == "Stage 1 canary, exit gate errors, limit"
    assert (found.was, found.now, found.weight) == ("2 %", "1 %", Weight.LOWERS_RISK)


def test_a_removed_gate_raises_risk() -> None:
    found = only(with_gate(), document())
    assert (found.where, found.now, found.weight) == (
        "Stage 1 canary, exit gate errors", "removed", Weight.RAISES_RISK,
    )  # fmt: skip


def test_a_gate_that_only_observes_lowers_nothing() -> None:
    assert only(None, with_gate(observe=True)).weight is Weight.NEUTRAL


def test_a_gate_made_to_observe_raises_risk() -> None:
    found = only(with_gate(), with_gate(observe=True))
    assert (found.where, found.weight) == (
        "Stage 1 canary, exit gate errors, observes only",
        Weight.RAISES_RISK,
    )


def test_another_quorum_is_told() -> None:
    ask = {"name": "ok", "kind": "approval", "settings": {"quorum": 2}}
    fewer = ask | {"settings": {"quorum": 1}}
    found = only(with_stage(gates={"entry": [ask]}), with_stage(gates={"entry": [fewer]}))
    assert (found.was, found.now, found.weight) == ("2", "1", Weight.RAISES_RISK)


def test_a_shared_gate_differs_in_every_stage_that_uses_it() -> None:
    made = document(gates=[ERRORS_GATE])
    for stage in made["stages"]:
        stage["gates"] = {"exit": ["errors"]}
    changed = copy.deepcopy(made)
    changed["gates"][0]["on_fail"] = "hold"
    assert [one.where for one in differences(plan(made), plan(changed))] == [
        "Stage 1 canary, exit gate errors, on fail",
        "Stage 2 all, exit gate errors, on fail",
    ]


def test_added_and_removed_parts_are_told_by_name() -> None:
    new = document(
        changes=[
            {"service": "orders", "from": "2.4.0", "to": "3.0.1", "flag": "orders-v3"},
            {"service": "pay"},
        ],
        risks=[{"id": "slow", "title": "It is slow"}],
    )
    new["stages"] = new["stages"][1:]
    wheres = {one.where for one in differences(plan(), plan(new))}
    assert {"Change orders, to", "Change pay", "Risk slow", "Stage 1 canary", "Stage 1 all, number"} <= wheres


def test_words_do_not_govern() -> None:
    assert not only(None, document(rationale="Because.")).governs


def test_texts_differ_line_by_line() -> None:
    told = text_difference("a\nb\n", "a\nc\n", old_name="revision 1", new_name="revision 2")
    assert told.splitlines() == ["--- revision 1", "+++ revision 2", "@@ -1,2 +1,2 @@", " a", "-b", "+c"]
    assert text_difference("a", "a", old_name="x", new_name="y") == ""


def test_another_version_of_the_contract_is_told_and_governs() -> None:
    change = {"service": "orders", "contract": "orders-api", "contract_from": "2.1"}
    old, new = (document(changes=[{**change, "contract_to": to}]) for to in ("3.0.0", "3.1.0"))
    found = only(old, new)
    assert str(found) == "Change orders, contract to: 3.0.0 → 3.1.0"
    assert found.governs
