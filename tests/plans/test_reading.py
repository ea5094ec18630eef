from datetime import timedelta

from rollouts.plans.document.gate import Undecided
from rollouts.plans.document.plan import Exposure, Who
from rollouts.plans.document.reading import read
from rollouts.plans.document.upgrade import to_newest
from rollouts.plans.values import Advance, ChangeKind, OnHalt, OnOverdue, Visibility
from tests.plans.factories import ERRORS_GATE, document, plan, with_gate, with_stage


def test_defaults_are_those_of_the_design() -> None:
    stage = plan().stages[0]
    assert stage.targets == ("orders",)
    assert stage.title == "Canary"
    assert (stage.advance, stage.on_halt, stage.on_overdue) == (
        Advance.MANUAL,
        OnHalt.PREVIOUS,
        OnOverdue.ASK,
    )
    assert stage.no_data == Undecided(timedelta(minutes=15), "hold")
    assert stage.inconclusive == Undecided(timedelta(), "wait")
    assert stage.max_duration is None
    gate = plan(with_gate()).stages[0].exit[0]
    assert (gate.owner, gate.on_fail, gate.observe, gate.required) == ("orders", "halt", False, True)
    assert (gate.tolerance, gate.warm_up) == (5.0, 1)
    assert plan().communication.visibility is Visibility.INTERNAL
    assert plan().review.author == "sofia@fernhill.example"


def test_changes_are_named_by_service_and_kind() -> None:
    made = plan(document(changes=[{"service": "orders"}, {"service": "orders", "kind": "contract"}]))
    assert [change.name for change in made.changes] == ["orders", "orders.contract"]
    assert made.changes[1].kind is ChangeKind.CONTRACT
    assert made.services() == ("orders",)


def test_a_limit_in_percent_is_the_share_itself() -> None:
    in_percent = plan(with_gate()).stages[0].exit[0].metric
    as_share = plan(with_gate(settings={"signal": "errors", "limit": 0.02})).stages[0].exit[0].metric
    assert in_percent == as_share
    assert in_percent.limit == 0.02
    assert (in_percent.judge, in_percent.version) == ("limit", "canary")
    assert (in_percent.breach_count, in_percent.breach_of) == (3, 5)


def test_a_shared_gate_is_read_in_every_stage_that_names_it() -> None:
    made = with_stage(gates={"exit": ["errors"]}, no_data={"after": "1m"})
    made["stages"][1]["gates"] = {"exit": ["errors"]}
    first, second = plan(made | {"gates": [ERRORS_GATE]}).stages
    assert first.exit[0].no_data.after == timedelta(minutes=1)
    assert second.exit[0].no_data.after == timedelta(minutes=15)


def test_a_stage_takes_the_rollback_plan_of_the_whole_unless_it_has_its_own() -> None:
    made = with_stage(rollback={"who": {"teams": ["sre"], "roles": ["breaker"]}, "expected_duration": "2m"})
    first, second = plan(made).stages
    assert first.rollback.who == Who(("sre",), ("breaker",))
    assert first.rollback.expected_duration == timedelta(minutes=2)
    assert second.rollback.steps == ("Flag off.",)
    assert second.rollback.written


def test_consumers_without_a_percent_are_exposed_wholly() -> None:
    exposure = plan(with_stage(exposure={"consumers": ["checkout"]})).stages[0].exposure
    assert exposure == Exposure(100.0, ("checkout",))
    assert exposure.words() == "100 % of checkout"
    assert exposure.as_json() == {"percent": 100.0, "consumers": ["checkout"]}


def test_checklist_and_schedule_settings_are_typed() -> None:
    gates = [
        {
            "name": "told",
            "kind": "checklist",
            "settings": {"items": ["Told", {"name": "ran", "title": "Ran it"}]},
        },
        {
            "name": "when",
            "kind": "schedule",
            "settings": {
                "not_before": "2026-11-25T09:00",
                "zone": "Europe/Berlin",
                "hours": {"from": "09:00", "to": "17:30"},
            },
        },
        {"name": "ok", "kind": "approval", "settings": {"quorum": 2, "expires": "24h"}},
    ]
    told, when, approved = plan(with_stage(gates={"entry": gates})).stages[0].entry
    assert [(item.name, item.title) for item in told.checklist] == [("Told", "Told"), ("ran", "Ran it")]
    assert when.schedule.not_before is not None
    assert when.schedule.not_before.at.hour == 8
    assert when.schedule.hours is not None
    assert when.schedule.hours.days == (0, 1, 2, 3, 4)
    assert (when.schedule.hours.start, when.schedule.hours.end) == (540, 1050)
    assert when.schedule.freeze
    assert (approved.approval.quorum, approved.approval.expires) == (2, timedelta(days=1))


def test_public_words_may_be_a_text_or_a_title_and_a_text() -> None:
    first, second = plan(
        document(risks=[{"id": "a", "title": "A", "public": "Words"}, {"id": "b", "title": "B"}])
    ).risks
    assert first.public is not None
    assert (first.public.title, first.public.text) == ("", "Words")
    assert second.public is None


def test_an_older_document_is_upgraded_for_reading_only() -> None:
    old = document() | {"apiVersion": "gatehouse/v0", "heading": "Old"}
    upgrades = {
        "gatehouse/v0": lambda given: {**given, "apiVersion": "gatehouse/v1", "title": given["heading"]}
    }
    assert read(to_newest(old, upgrades)).title == "Old"
    assert old["apiVersion"] == "gatehouse/v0"
