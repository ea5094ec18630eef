"""A plan whose order breaks a consumer is refused when it is proposed: page, API and command."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from rollouts.audit import queries as audit
from rollouts.catalog.models import Environment
from rollouts.decisions.machine.values import Action, Refused
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze, Rollout
from rollouts.plans.queries import answered_for, order_of, plan_of, stages_in_freezes
from tests.contracts.papers import OPENAPI
from tests.decisions.factories import decide
from tests.plans.factories import plan as planned
from tests.plans.ordering import BREAKS, document, page, saved, shop, text

pytestmark = pytest.mark.django_db(transaction=True)


def command(*args: str, capsys: Any) -> tuple[int, Any]:
    code = 0
    try:
        call_command("plan", *args, "--json")
    except SystemExit as ended:
        code = int(ended.code or 0)
    return code, json.loads(capsys.readouterr().out)


def test_the_refusal_names_who_breaks_by_which_contract_and_field() -> None:
    there = shop().there
    row = saved(there, "orders", "shipping")
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.PROPOSE)
    assert refused.value.code == "order"
    assert "shipping fails when orders moves before it (orders-api 2.1 to 3.0.0: " in refused.value.sentence
    assert "address" in refused.value.sentence
    assert "stage 1 moves orders, and shipping follows only in stage 2" in refused.value.sentence
    assert "Move shipping before orders" in refused.value.remedy
    row.refresh_from_db()
    assert (row.state, row.revisions.get().state) == ("draft", "draft")


def test_the_order_of_the_waves_is_proposed() -> None:
    there = shop().there
    saved(there, "shipping", "orders")
    assert decide(there.mina, Action.PROPOSE).rollout.state == "proposed"


def test_documents_that_agree_refuse_no_order() -> None:
    there = shop(new=OPENAPI).there
    saved(there, "orders", "shipping")
    assert decide(there.mina, Action.PROPOSE).rollout.state == "proposed"


def test_a_planner_passes_over_it_by_name_with_a_reason_that_is_logged_and_shown() -> None:
    there = shop().there
    row = saved(there, "orders", "shipping")
    with pytest.raises(Refused, match="needs a reason"):
        decide(there.mina, Action.PROPOSE, override=(BREAKS,))
    with pytest.raises(Refused, match="open is orders before shipping"):
        decide(there.mina, Action.PROPOSE, override=("errors",), reason="It is dark.")
    decided = decide(there.mina, Action.PROPOSE, override=(BREAKS,), reason="Shipping reads a copy.")
    assert decided.event.content["moved"]["override"] == [BREAKS]
    assert decided.event.content["reason"] == "Shipping reads a copy."
    assert decided.event.content["sentence"].endswith("It passes over orders before shipping.")
    answered = answered_for(row, 1)
    assert answered is not None
    assert (answered.who, answered.names, answered.reason) == ("Mina", (BREAKS,), "Shipping reads a copy.")
    client = page(there)
    for address in ("/rollouts/orders-v3/plan/", "/rollouts/orders-v3/approval/"):
        shown = client.get(address).content.decode()
        assert "in spite of what stands against it" in shown
        assert "Shipping reads a copy." in shown


def test_who_may_not_propose_may_not_pass_over_it_either() -> None:
    there = shop().there
    saved(there, "orders", "shipping")
    for person in (there.priya, there.tomas):
        with pytest.raises(Refused) as refused:
            decide(person, Action.PROPOSE, override=(BREAKS,), reason="Because.")
        assert refused.value.code == "forbidden"


def test_nothing_is_passed_over_where_nothing_breaks() -> None:
    there = shop().there
    saved(there, "shipping", "orders")
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.PROPOSE, override=(BREAKS,), reason="Because.")
    assert refused.value.code == "no_override"


def test_the_plan_page_says_it_before_and_the_decision_page_asks_for_a_reason() -> None:
    there = shop().there
    saved(there, "orders", "shipping")
    client = page(there)
    shown = client.get("/rollouts/orders-v3/plan/").content.decode()
    assert "The order breaks shipping, by orders-api" in shown
    assert "stage 1 moves orders, and shipping follows only in stage 2." in shown
    asked = client.get("/rollouts/orders-v3/decide/propose/").content.decode()
    assert "Pass over it, with a reason" in asked
    over = client.get("/rollouts/orders-v3/decide/propose/?override=1").content.decode()
    assert "Propose Orders v3 in spite of what stands against it?" in over
    assert "shipping fails when orders moves before it" in over
    sent = {"override": BREAKS, "reason": "Shipping reads a copy."}
    assert client.post("/rollouts/orders-v3/decide/propose/", {"reason": "Go."}).status_code == 409
    assert client.post("/rollouts/orders-v3/decide/propose/", sent).status_code == 302
    assert Rollout.objects.get().state == "proposed"


def test_the_api_refuses_with_the_path_and_takes_the_override() -> None:
    there = shop().there
    saved(there, "orders", "shipping")
    client = page(there)
    address = "/api/v1/rollouts/orders-v3/"
    order = client.get(f"{address}plan/order/").json()
    assert order["holds"] is False
    (found,) = order["findings"]
    assert (found["path"], found["breaks"]) == (["orders", "orders-api", "shipping"], True)
    assert [wave["changes"] for wave in order["waves"]] == [["shipping"], ["orders"]]
    body: dict[str, Any] = {"action": "propose"}
    refused = client.post(f"{address}decisions/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (409, "order")
    body |= {"override": [found["name"]], "reason": "Shipping reads a copy."}
    assert client.post(f"{address}decisions/", body, content_type="application/json").status_code == 201


def test_a_text_that_is_not_saved_is_asked_for_its_order() -> None:
    there = shop().there
    client = page(there)
    sent = text("orders", "shipping", order=[{"first": "orders", "then": "shipping", "why": "So it is."}])
    answer = client.post("/api/v1/plans/order/", sent, content_type="application/yaml").json()
    assert answer["contradictions"][0]["sentence"].startswith(
        "The plan says orders before shipping (So it is.), and against it stands shipping before orders: "
    )
    assert client.post("/api/v1/plans/order/", "{", content_type="application/yaml").status_code == 422
    assert not Rollout.objects.exists()


def test_the_commands_refuse_and_propose(capsys: Any) -> None:
    there = shop().there
    saved(there, "orders", "shipping")
    code, order = command("order", "orders-v3", capsys=capsys)
    assert (code, order["findings"][0]["name"]) == (1, BREAKS)
    code, said = command("propose", "orders-v3", capsys=capsys)
    assert (code, said["code"]) == (1, "order")
    code, said = command("propose", "orders-v3", "--override", BREAKS, "--reason", "A copy.", capsys=capsys)
    assert (code, said["proposed"]) == (0, True)
    event = audit.newest(streams=["rollout:orders-v3"], kinds={"rollout.proposed"})[0]
    assert (event.actor.name, event.face, event.content["reason"]) == ("Mina", "command", "A copy.")


def test_facts_say_the_order_without_a_database(capsys: Any, tmp_path: Any) -> None:
    facts: dict[str, Any] = {
        "changes": [{"service": "web"}, {"service": "pay"}],
        "needs": [{"consumer": "web", "provider": "pay", "first": "consumer"}],
        "stages": [{"targets": ["pay"]}, {"targets": ["web"]}],
    }
    file = tmp_path / "facts.json"
    file.write_text(json.dumps(facts))
    assert command("order", "--facts", str(file), capsys=capsys)[0] == 1
    file.write_text(json.dumps({**facts, "stages": facts["stages"][::-1]}))
    assert command("order", "--facts", str(file), capsys=capsys)[0] == 0


def test_many_changes_are_asked_for_with_the_same_queries(django_assert_num_queries: Any) -> None:
    there = shop().there
    row = saved(there, "orders", "shipping")
    plan = plan_of(row.revisions.get())
    order_of(plan)
    with django_assert_num_queries(13):
        order_of(plan, compared=0)


def test_a_stage_that_is_planned_into_a_freeze_is_told_before() -> None:
    there = shop().there
    day = (database_now() + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    Freeze.objects.create(
        name="Peak", team=there.owners, starts_at=day, ends_at=day + timedelta(days=1), max_tier=4
    )
    Freeze.objects.create(
        name="Elsewhere", team=there.owners, starts_at=day, ends_at=day + timedelta(days=1),
        environment=Environment.objects.create(slug="staging", name="Staging"),
    )  # fmt: skip
    made = document("shipping", "orders")
    made["stages"][1]["window"] = {"start": f"{day:%Y-%m-%d}T09:00", "zone": "UTC"}
    plan = planned(made)
    assert [(stage.number, freeze.name) for stage, freeze in stages_in_freezes(plan, database_now())] == [
        (2, "Peak")
    ]
    sent = {"source": json.dumps(made), "media_type": "application/json", "check": "1"}
    shown = page(there).post("/plans/new/", sent).content.decode()
    assert "Stage 2 is planned into the freeze Peak" in shown
