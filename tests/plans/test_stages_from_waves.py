"""Stages in the order of the waves: pure, in the text of a plan, and on page, API and command."""

import json
from typing import Any

import pytest
import yaml
from django.core.management import call_command

from rollouts.lib.documents.source import JSON, YAML
from rollouts.plans.document.check import check
from rollouts.plans.models import Rollout
from rollouts.plans.sequencing.proposing import rewritten, staged
from rollouts.plans.waves import Wave
from tests.plans.factories import document
from tests.plans.ordering import page, saved, shop, text

WAVES = [Wave(1, ("shipping",), ()), Wave(2, ("orders",), ())]
TWO = {"changes": [{"service": "orders"}, {"service": "shipping"}]}


def names(stages: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(stage["name"], stage["targets"]) for stage in stages]


def test_each_wave_goes_through_the_stages_that_the_plan_has() -> None:
    assert names(staged(document(**TWO), WAVES)) == [
        ("canary-1", ["shipping"]),
        ("all-1", ["shipping"]),
        ("canary-2", ["orders"]),
        ("all-2", ["orders"]),
    ]


def test_changes_that_no_stage_moves_get_a_tenth_and_all() -> None:
    stages = staged(document(**TWO, stages=[{"name": "one", "targets": ["orders"], "bake": "1h"}]), WAVES)
    assert names(stages) == [("tenth-1", ["shipping"]), ("all-1", ["shipping"]), ("one-2", ["orders"])]
    assert stages[0]["exposure"] == {"percent": 10}


def test_gates_stay_with_the_services_that_they_measure_and_windows_go() -> None:
    gates = [
        {"name": "orders-errors", "kind": "metric", "settings": {"signal": "errors", "service": "orders"}},
        {"name": "calm", "kind": "schedule", "settings": {"freeze": True}},
    ]
    given = document(**TWO, gates=gates)
    given["stages"][0]["gates"] = {"entry": ["calm"], "exit": ["orders-errors"]}
    given["stages"][0]["window"] = {"start": "2026-11-25T09:00", "zone": "UTC"}
    first, _, third, _ = staged(given, WAVES)
    assert first["gates"] == {"entry": ["calm"]}
    assert third["gates"] == {"entry": ["calm"], "exit": ["orders-errors"]}
    assert "window" not in first
    assert "window" not in third


BLOCK = """# What we do.
apiVersion: gatehouse/v1
kind: Plan
name: orders-v3
title: Orders v3
environment: production
owner: {team: orders}
changes:  # two
  - {service: orders}
  - {service: shipping}
stages:
  - name: canary
    exposure: {percent: 10}
    bake: 30s  # short

# The way back.
rollback:
  steps: [Flag off.]
"""


def test_only_the_stages_of_the_text_are_replaced() -> None:
    stages = staged(yaml.safe_load(BLOCK), WAVES)
    found = rewritten(BLOCK.encode(), YAML, stages)
    before, after = BLOCK.split("stages:")[0], BLOCK[BLOCK.index("\n# The way back") :]
    assert found.startswith(before + "stages:\n- name: canary-1\n")
    assert found.endswith(after)
    assert check(found.encode()).sound


def test_stages_are_added_where_there_are_none_and_other_spellings_are_written_anew() -> None:
    bare = BLOCK[: BLOCK.index("stages:")]
    stages = staged({**yaml.safe_load(bare), "stages": []}, WAVES)
    assert rewritten(bare.encode(), YAML, stages).startswith(bare + "stages:\n- name: tenth-1\n")
    flow = json.dumps(document(**TWO)).encode()
    for media_type in (YAML, JSON):
        found = rewritten(flow, media_type, stages)
        assert check(found.encode(), media_type).document["stages"] == stages


@pytest.mark.django_db(transaction=True)
def test_the_editor_puts_them_in_the_text_and_saves_nothing() -> None:
    there = shop().there
    saved(there, "orders", "shipping")
    sent = {"source": text("orders shipping", "orders shipping"), "media_type": YAML, "stages": "1"}
    answer = page(there).post("/rollouts/orders-v3/plan/edit/", sent)
    assert answer.status_code == 200
    shown = answer.context["form"].initial["source"]
    wanted = [
        ("shipping", "stage-1-1"),
        ("shipping", "stage-2-1"),
        ("orders", "stage-1-2"),
        ("orders", "stage-2-2"),
    ]
    assert [(each["targets"][0], each["name"]) for each in yaml.safe_load(shown)["stages"]] == wanted
    assert "4 stages are proposed" in answer.content.decode()
    assert "The order follows the dependency graph" in answer.content.decode()
    assert Rollout.objects.get().revisions.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_is_told_in_the_editor() -> None:
    there = shop().there
    answer = page(there).post("/plans/new/", {"source": "{", "media_type": YAML, "stages": "1"})
    assert answer.status_code == 422
    assert "The plan has an error." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_plan_without_stages_gets_them_over_the_api_and_by_the_command(capsys: Any, tmp_path: Any) -> None:
    there = shop().there
    bare = yaml.safe_dump({key: value for key, value in yaml.safe_load(text()).items() if key != "stages"})
    answer = page(there).post("/api/v1/plans/stages/", bare, content_type="application/yaml")
    assert answer.status_code == 200
    found = answer.json()
    assert [each["targets"] for each in found["stages"]] == [["shipping"]] * 2 + [["orders"]] * 2
    assert yaml.safe_load(found["text"])["stages"] == found["stages"]
    assert page(there).post("/api/v1/plans/stages/", "{", content_type="application/yaml").status_code == 422
    file = tmp_path / "plan.yaml"
    file.write_text(bare)
    call_command("plan", "waves", str(file), "--stages")
    assert yaml.safe_load(capsys.readouterr().out)["stages"] == found["stages"]
