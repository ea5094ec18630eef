"""Composite gates and gates on composite health, on real rows."""

from datetime import timedelta

import pytest

from rollouts.gates import services
from rollouts.gates.judging import context_of
from rollouts.gates.kinds.composite import Composite
from rollouts.gates.kinds.health import Health
from rollouts.gates.models import Gate
from rollouts.gates.values import Position, Word
from rollouts.health.composite.graph import Graph, Node
from rollouts.health.graph.composing import keep
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.dashboard.test_gate_page import part
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions import factories as make
from tests.plans.factories import complaints, with_stage

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = """
gates:
  - {name: done, title: Done, kind: checklist, required: false, settings: {items: [Looked at it]}}
  - name: open-hours
    kind: schedule
    required: false
    settings: {not_before: "2020-01-01T09:00", zone: UTC}
  - {name: around, title: Around, kind: health, required: false}
  - name: well
    title: All is well
    kind: composite
    settings: {combination: %s, parts: [{gate: done, importance: important}, {gate: open-hours}, \
      {gate: around, importance: informational}]}
"""


def running(combination: str = "all") -> Rollout:
    text = (PARTS % combination).replace("\\\n      ", "")
    return make.running(
        make.world(), source=make.plan_text(gates=text, exit_="done, open-hours, around, well")
    )


def judged(row: Rollout, kind: Composite | Health, name: str):  # type: ignore[no-untyped-def]
    gate = (
        Gate.objects.present()
        .select_related("stage")
        .get(rollout=row, stage__number=1, name=name, position=Position.EXIT)
    )
    context = context_of([row.pk], database_now())
    return kind.judge([gate], context)[gate.pk].opinion


def test_the_verdict_says_which_part_decided() -> None:
    opinion = judged(running(), Composite(), "well")
    assert opinion.word is Word.PENDING
    assert opinion.sentence == "1 of 3 parts pass. Decided by “Done” (pending)."
    assert opinion.evidence["because"] == ["done"]
    assert [part["word"] for part in opinion.evidence["parts"]] == ["pending", "pass", "no_data"]


def test_one_alternative_is_enough() -> None:
    opinion = judged(running("any"), Composite(), "well")
    assert opinion.word is Word.PASS


def test_a_composite_is_judged_with_a_constant_number_of_queries(django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    row = running()
    gate = Gate.objects.present().select_related("stage").get(rollout=row, stage__number=1, name="well")
    context = context_of([row.pk], database_now())
    with django_assert_max_num_queries(6):
        Composite().judge([gate], context)


def graph(row: Rollout, signal: float | None, *, minutes: int = 0) -> None:
    """The newest graph: orders alone, of tier 1, as well as `signal` says."""
    at = database_now() - timedelta(minutes=minutes)
    health = 1.0 if signal is None else signal
    node = Node("orders", 1, signal, health)
    keep(row.environment, Graph(row.environment.slug, at, at, {"orders": node}), at)


def test_health_without_a_graph_is_no_data() -> None:
    row = running()
    assert judged(row, Health(), "around").word is Word.NO_DATA
    graph(row, 1.0, minutes=6)
    assert judged(row, Health(), "around").word is Word.NO_DATA


def test_health_says_what_composite_health_says() -> None:
    row = running()
    for signal, word in ((1.0, Word.PASS), (None, Word.INCONCLUSIVE), (0.0, Word.FAIL)):
        graph(row, signal)
        assert judged(row, Health(), "around").word is word
    assert judged(row, Health(), "around").evidence["because"] == ["orders"]


def test_what_failed_before_the_stage_never_fails_it() -> None:
    row = running()
    graph(row, 0.0, minutes=60)
    graph(row, 0.0)
    opinion = judged(row, Health(), "around")
    assert opinion.word is Word.INCONCLUSIVE
    assert opinion.sentence.endswith("Failing since before the stage, and not held against it: orders.")


def test_parts_must_stand_beside_the_composite() -> None:
    settings = {"parts": [{"gate": "nowhere"}]}
    made = with_stage(gates={"exit": [{"name": "well", "kind": "composite", "settings": settings}]})
    (said,) = complaints(made).values()
    assert said.startswith("The composite has a part nowhere, and no such gate stands beside it")
    settings["parts"] = [{"gate": "errors", "importance": "informational"}]
    assert any("No part of the composite binds" in text for text in complaints(made).values())


INLINE = """
gates:
  - name: well
    title: All is well
    kind: composite
    inconclusive: {then: ask, after: 2m}
    settings:
      combination: weighted
      pass_mark: 0.6
      parts:
        - gate: {name: done, title: Done, kind: checklist, settings: {items: [Looked at it]}}
          weight: 1
        - gate: {name: open-hours, kind: schedule, settings: {not_before: "2020-01-01T09:00", zone: UTC}}
          weight: 3
"""


def test_parts_that_are_written_inside_decide_and_are_seen() -> None:
    row = make.running(make.world(), source=make.plan_text(gates=INLINE, exit_="well"))
    opinion = judged(row, Composite(), "well")
    assert opinion.word is Word.PASS
    assert opinion.evidence["share"] == 0.75
    gates = {gate.name: gate for gate in Gate.objects.present().filter(rollout=row, stage__number=1)}
    assert {name: gate.required for name, gate in gates.items()} == {
        "well": True, "done": False, "open-hours": False,
    }  # fmt: skip
    services.judge(rollout_ids=[row.pk], now=database_now())
    client = signed_in(make.world().mina)
    page = client.get(row.get_absolute_url()).content.decode()
    assert page.count("Binds only through “All is well”") == 2
    of_gate = client.get(f"{row.get_absolute_url()}gates/{gates['well'].pk}/").content.decode()
    assert "Parts with 60" in part(of_gate, "rule")
    assert "open-hours (important)" in part(of_gate, "rule")
    assert "Open hours" in part(of_gate, "numbers")
    told = client.get(f"/api/v1/gates/{gates['well'].pk}/").json()
    assert told["inconclusive"] == {"then": "ask", "after_s": 120.0, "extend_s": 0.0}
    assert told["no_data"] == {"then": "hold", "after_s": 900.0, "extend_s": 0.0}
