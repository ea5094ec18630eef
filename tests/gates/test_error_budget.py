"""The error budget of a rollout: a stage with too little left waits, says so, and yields to an override."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.audit.values import Face
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.decisions.services import Refused
from rollouts.gates import queries
from rollouts.gates import services as gates
from rollouts.gates.models import Gate
from rollouts.health.models import Slo, Source
from rollouts.lib.clock import database_now
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.models import Rollout
from tests.dashboard.test_gate_page import part
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions import factories as make
from tests.health.factories import EPOCH, series, source, window
from tests.plans.factories import checked, document, plan

pytestmark = pytest.mark.django_db


def running(*, burn: str = "5 %", total: int = 100_000, remaining: float = 0.5) -> Rollout:
    """In its first stage, with an SLO of 99.9 % of `total` requests in its period."""
    there = make.world()
    at = database_now()
    standing = {"at": at.isoformat(), "bad": 0, "total": total, "remaining": remaining, "burns": []}
    Slo.objects.create(
        slug="orders-answers", title="Orders answer", service=there.orders, environment=there.production,
        target=0.999, due_at=at, standing={**standing, "firing": ""},
    )  # fmt: skip
    text = make.plan_text().replace("rationale:", f'error_budget: {{burn: "{burn}"}}\nrationale:')
    return make.running(there, source=text.replace("quorum: 1, teams: [orders]", "quorum: 1"))


def serve(row: Rollout, *, bad: int, windows: int = 4) -> None:
    """So many further windows of a second, in each of which `bad` of 100 new requests failed."""
    fleet = Source.objects.first() or source(window_s=1, environment=row.environment)
    new, old = (series(fleet, service=make.world().orders, version=each) for each in ("3.0.0", "2.4.0"))
    assert row.started_at is not None
    begin = fleet.collected_through_at or row.started_at + timedelta(seconds=1)
    number = int((begin - EPOCH).total_seconds())
    for each in range(number, number + windows):
        window(new, each, bad=bad, total=100)
        window(old, each, bad=0, total=900)
    fleet.refresh_from_db()


def budget(row: Rollout, stage: int = 2) -> Gate:
    gates.judge(rollout_ids=[row.pk], now=database_now())
    return Gate.objects.select_related("stage").get(rollout=row, kind="error_budget", stage__number=stage)


def stands(**fields: Any) -> None:
    slo = Slo.objects.get()
    slo.standing = {**slo.standing, "at": database_now().isoformat(), **fields}
    slo.save()


def promote(row: Rollout, stage: int, **more: Any) -> None:
    """Its bake is over and it is approved."""
    there = make.world()
    row.stages.filter(number=stage - 1).update(bake_ends_at=database_now() - timedelta(seconds=1))
    services.do_duties(rollout_id=row.pk)
    make.decide(there.priya, Action.PROMOTE, row.slug, stage=stage, **more)


def test_every_stage_gets_the_gate_and_the_first_is_entered_with_enough_left() -> None:
    row = running()
    rows = Gate.objects.filter(rollout=row, kind="error_budget").order_by("stage__number")
    assert [(each.stage.number, each.position, each.name) for each in rows] == [
        (number, "entry", "error-budget") for number in (1, 2, 3)
    ]
    assert rows[0].sentence.startswith("The rollout may burn 5")


def test_what_all_stages_burned_keeps_the_next_one_out_until_somebody_passes_over_it() -> None:
    row = running(burn="5 %")
    make.decide(make.world().priya, Action.APPROVE, row.slug, stage=2)
    serve(row, bad=1)
    assert budget(row).verdict == "pass"  # 4 of 100 that may fail
    promote(row, 2)
    serve(row, bad=1)
    found = budget(row, 3)
    assert (found.verdict, found.evidence["budgets"][0]["requests"]) == ("fail", 800)
    assert found.evidence["budgets"][0]["burned"] == pytest.approx(0.08)
    with pytest.raises(Refused, match="has burned 8.*allowed are 5"):
        promote(row, 3)
    row.refresh_from_db()
    assert row.state == "running"
    make.decide(
        make.world().tomas, Action.PROMOTE, row.slug, stage=3, override=("error-budget",), reason="Now"
    )
    row.refresh_from_db()
    assert row.stage == 3


def test_a_stage_waits_while_too_little_is_left_and_the_page_and_api_say_so() -> None:
    row = running()
    make.decide(make.world().priya, Action.APPROVE, row.slug, stage=2)
    serve(row, bad=0)
    stands(remaining=0.04)
    assert budget(row).verdict == "pending"
    with pytest.raises(Refused, match="the stage waits until 10"):
        promote(row, 2)
    client = signed_in(make.world().mina)
    page = client.get(row.get_absolute_url()).content.decode()
    assert "the stage waits until 10" in page
    assert "This rollout has burned 0" in page
    of_gate = client.get(f"{row.get_absolute_url()}gates/{budget(row).pk}/").content.decode()
    assert "Less than 10" in part(of_gate, "rule")
    assert "Orders answer" in part(of_gate, "numbers")
    (told,) = client.get(f"/api/v1/gates/{budget(row).pk}/").json()["evidence"]["budgets"]
    assert (told["slo"], told["remaining"], told["word"]) == ("orders-answers", 0.04, "pending")
    assert "It may burn 5" in client.get(f"{row.get_absolute_url()}plan/").content.decode()
    # The decision itself reads it anew: nobody has to wait for a window.
    stands(remaining=0.3)
    promote(row, 2)


def test_a_silent_slo_is_no_data() -> None:
    row = running()
    slo = Slo.objects.get()
    slo.standing["at"] = (database_now() - timedelta(hours=1)).isoformat()
    slo.save()
    assert budget(row).verdict == "no_data"
    slo.delete()
    assert budget(row).verdict == "inconclusive"


def test_windows_are_read_once_and_looks_cost_the_same() -> None:
    row = running()
    serve(row, bad=1)
    first = budget(row)
    with CaptureQueriesContext(connection) as again:
        assert budget(row).evidence == first.evidence
    serve(row, bad=1, windows=20)
    with CaptureQueriesContext(connection) as more:
        assert budget(row).evidence["budgets"][0]["requests"] == 2400
    assert len(again) == len(more)


def test_a_plan_names_budgets_that_exist_of_what_it_changes() -> None:
    given = document(error_budget={"burn": "5 %", "slos": ["orders-answers"]})
    known = {"orders-answers": ("orders", "production"), "mail": ("mail", "production")}
    assert not checked(given, Facts(slos=known)).problems
    assert plan(given).error_budget is not None

    def said(budget: dict[str, Any], slos: dict[str, tuple[str, str]] = known) -> str:
        found = checked(document(error_budget=budget), Facts(slos=slos))
        return " ".join(each.message for each in found.problems)

    assert "There is no SLO named orders-answer." in said({"burn": 0.05, "slos": ["orders-answer"]})
    assert "about mail in production, which the plan does not change" in said(
        {"burn": 0.05, "slos": ["mail"]}
    )
    assert "above 0 and at most 100 %" in said({"burn": 0})
    assert "above 0 and at most 100 %" in said({"burn": "5 %", "left": "101 %"})
    assert "No changed service has an SLO here" in said({"burn": "5 %"}, {})
    mine = {"name": "mine", "kind": "error_budget"}
    given["stages"][0]["gates"] = {"entry": [mine, {"name": "error-budget", "kind": "health"}]}
    messages = [each.message for each in checked(given).problems]
    assert "Gates on the whole rollout's error budget are made by the plan itself." in messages
    assert any("is the name of the gate" in each for each in messages)


def test_the_first_stage_is_not_entered_either_and_the_clock_looks_again() -> None:
    with pytest.raises(Refused, match="2 % of the budget are left: the stage waits until 10 % are left"):
        running(remaining=0.02)
    row = Rollout.objects.get()
    assert row.state == "approved"
    now = database_now()
    assert [at - now for at in queries.due_times(row, now)] == [timedelta(minutes=1)]
    stands(remaining=0.5)
    make.decide(make.world().mina, Action.START, row.slug)
    row.refresh_from_db()
    assert row.state == "running"


def test_a_revision_that_allows_more_lets_it_go_on() -> None:
    row = running(burn="1 %")
    there = make.world()
    serve(row, bad=1)
    assert budget(row).verdict == "fail"
    text = make.plan_text().replace("rationale:", 'error_budget: {burn: "50 %"}\nrationale:')
    services.save_plan(
        rollout=row.slug, draft=make.draft(there, text), actor=there.mina.actor, face=Face.COMMAND
    )
    make.decide(there.mina, Action.PROPOSE, row.slug)
    make.decide(there.priya, Action.APPROVE, row.slug)
    found = budget(row)
    assert (found.verdict, found.evidence["budgets"][0]["requests"]) == ("pass", 400)
    done = Gate.objects.get(rollout=row, kind="error_budget", stage__number=1)
    assert done.settings["burn"] == 0.01, "a stage that was entered keeps what it had"
