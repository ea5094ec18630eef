"""Gates that weigh evidence, from stored windows to verdicts and back."""

import math
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.gates.models import Verdict
from rollouts.gates.recomputing import recompute
from rollouts.health.models import Slo
from rollouts.health.values import Perspective, Signal
from tests.accounts.factories import person
from tests.gates.factories import METRIC, gate, running
from tests.gates.test_judging import World, after, judge_state, judged
from tests.health import factories as health
from tests.health.factories import EPOCH, environment, service
from tests.plans.factories import checked, complaints, document, plan, with_gate

pytestmark = pytest.mark.django_db
COMPARE: dict[str, Any] = {**METRIC, "settings": {"signal": "errors", "guard": False}}


class Arms(World):
    """Orders 3.0.0 and 2.4.0 as they counted themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.other = health.series(self.source, version="2.4.0")

    def both(self, number: int, new: Any, old: Any) -> None:
        health.window(self.other, number, *old)
        self.close(number, own=new)


def test_without_a_limit_the_canary_is_compared_with_the_old_version() -> None:
    world, rollout = Arms(), running(COMPARE)
    for number in range(15):
        world.both(number, (30, 600), (6, 600))
    judged(rollout, 15)
    row = gate(rollout)
    assert row.verdict == "fail"
    assert row.sentence == (
        "Errors of Orders 3.0.0 is 5 % (420 of 8,400 requests), allowed is 1.25 times the 1 % "
        "of Orders 2.4.0: it is worse than that. Were it not, such evidence would come up in at most 5 % "
        "of rollouts."
    )
    assert (row.evidence["judge"], row.evidence["alpha"], row.evidence["limit"]) == ("compare", 0.05, None)
    assert row.evidence["bar"] == pytest.approx(math.log(20))


def test_a_fine_canary_passes_after_three_windows_and_bakes() -> None:
    world, rollout = Arms(), running(COMPARE)
    for number in range(3):
        world.both(number, (6, 600), (6, 600))
    judged(rollout, 3)
    assert gate(rollout).verdict == "pending"
    assert gate(rollout).sentence.endswith("It can decide in about 1 window.")
    world.both(3, (6, 600), (6, 600))
    judged(rollout, 4)
    assert gate(rollout).verdict == "pass"
    begin = int(EPOCH.timestamp())
    assert judge_state(rollout)["enough"] == [[begin + 5, begin + 20]]


def test_a_drift_of_both_versions_is_no_failure_and_no_baseline_is_no_data() -> None:
    world, rollout = Arms(), running(COMPARE)
    for number in range(20):
        world.both(number, (60, 600), (62, 600))
    judged(rollout, 20)
    assert gate(rollout).verdict == "pass"
    world.close(20, own=(60, 600))
    judged(rollout, 21)
    assert gate(rollout).verdict == "no_data"
    assert "nothing to compare with" in gate(rollout).sentence


def test_a_dead_version_is_told_by_its_callers_and_the_guard_acts_at_once() -> None:
    settings = {"signal": "errors"}
    world, rollout = World(), running({**METRIC, "settings": settings})
    for number in range(2):
        world.close(number, own="gap", called=(40, 40), old=(0, 360))
    judged(rollout, 2)
    row = gate(rollout)
    assert row.verdict == "fail"
    assert row.evidence["guarded"] is True
    assert "as its callers counted" in row.sentence


def test_both_arms_are_counted_by_the_side_that_saw_more_of_the_new_version() -> None:
    world, rollout = Arms(), running(COMPARE)
    for number in range(5):
        health.window(world.other, number, 6, 600)
        world.close(number, own=(6, 600), called=(9, 90), old=(0, 800))
    judged(rollout, 5)
    recent = gate(rollout).evidence["recent"][-1]
    assert (recent["seen_by"], recent["total"], recent["baseline_total"]) == ("server", 600, 600)


def test_the_share_slower_than_a_bound_is_compared() -> None:
    latency = {**COMPARE, "settings": {"signal": "latency", "slower_than": "200ms", "guard": False}}
    world, rollout = Arms(), running(latency)
    new = health.series(world.source, signal=Signal.LATENCY)
    old = health.series(world.source, signal=Signal.LATENCY, version="2.4.0")
    for number in range(12):
        health.window(new, number, total=600, buckets=[[0.25, 540], [None, 600]])
        health.window(old, number, total=600, buckets=[[0.25, 594], [None, 600]])
    judged(rollout, 12)
    assert gate(rollout).verdict == "fail"
    assert "is 10 % (660 of 6,600 requests)" in gate(rollout).sentence


def test_limit_e_proves_that_a_limit_is_broken() -> None:
    settings = {"signal": "errors", "judge": "limit-e", "limit": "1 %", "guard": False}
    world, rollout = World(), running({**METRIC, "settings": settings})
    for number in range(6):
        world.close(number, own=(12, 600))
    judged(rollout, 6)
    row = gate(rollout)
    assert row.verdict == "fail"
    assert row.evidence["log_e"] == pytest.approx(3.433558, abs=1e-6)
    assert row.evidence["failed_at"] == EPOCH.timestamp() + 25


def test_alpha_is_divided_among_the_gates_of_all_stages() -> None:
    made = document(alpha=0.06)
    other = {**COMPARE, "name": "slow", "settings": {"signal": "latency", "slower_than": "1s"}}
    made["stages"][0]["gates"] = {"exit": [COMPARE, other]}
    made["stages"][0]["exposure"] = {"percent": 10}
    limit = {**COMPARE, "name": "proof", "settings": {"signal": "errors", "judge": "limit-e", "limit": 0.1}}
    made["stages"][-1]["gates"] = {"exit": [limit, METRIC | {"name": "plain"}]}
    assert plan(made).alpha_each == pytest.approx(0.02)
    rollout = running(COMPARE, other)
    assert gate(rollout).settings["alpha"] == pytest.approx(0.025)
    assert "alpha" not in gate(running(METRIC)).settings


@pytest.mark.parametrize(
    ("settings", "place", "said"),
    [
        ({"signal": "errors", "judge": "limit-e"}, "limit", "needs a limit"),
        ({"signal": "errors", "judge": "limit-e", "limit": 0}, "limit", "limit of 0"),
        ({"signal": "errors", "margin": 0.9}, "margin", "1"),
        ({"signal": "traffic", "judge": "compare"}, "judge", "counts of requests"),
        ({"signal": "errors", "version": "all"}, "version", "beside the old one"),
        ({"signal": "errors", "judge": "budget"}, "slo", "must name the SLO"),
        ({"signal": "errors", "judge": "comparison"}, "judge", "Did you mean compare?"),
    ],
)
def test_settings_that_make_no_sense_are_named(settings: dict[str, Any], place: str, said: str) -> None:
    found = complaints(with_gate(settings=settings))
    assert said in found[f"/stages/0/gates/exit/0/settings/{place}"]


def test_an_alpha_that_leaves_next_to_nothing_is_warned_of() -> None:
    made = with_gate(settings=COMPARE["settings"]) | {"alpha": 5e-7}
    said = [f"{one.path} {one.message}" for one in checked(made).warnings]
    assert (
        "/alpha Divided among 1 gates, alpha leaves each 5e-07: very much evidence is asked of them." in said
    )
    unused = with_gate(settings={"signal": "errors", "limit": 0.1, "margin": 2})
    assert "margin does nothing for the judge limit." in [one.message for one in checked(unused).warnings]


def test_a_stage_for_everybody_has_nothing_to_compare_with() -> None:
    made = document()
    made["stages"][-1].update({"exposure": {"percent": 100}, "gates": {"exit": [COMPARE]}})
    found = complaints(made)
    assert "no old version is left" in found[f"/stages/{len(made['stages']) - 1}/gates/exit/0"]


@pytest.mark.parametrize("settings", [COMPARE["settings"], METRIC["settings"]])
def test_every_verdict_can_be_computed_again_from_its_evidence(settings: dict[str, Any]) -> None:
    world, rollout = Arms(), running({**METRIC, "settings": settings})
    for number, bad in enumerate([0, 6, 6, 5, 60, 70, 80, 70, 60, 50, 0, 0]):
        world.both(number, (bad, 600), (6, 600))
        judged(rollout, number + 1)
        row = gate(rollout)
        found = recompute(row.evidence)
        assert found is not None
        assert (found.word, found.sentence) == (row.verdict, row.sentence)
    rows = Verdict.objects.filter(gate=gate(rollout)).order_by("pk")
    assert {row.word for row in rows} >= {"pending", "pass", "fail"}
    for verdict in rows:
        found = recompute(verdict.evidence)
        assert found is not None
        assert (found.word, found.sentence) == (verdict.word, verdict.sentence)


def test_stale_data_overrule_the_judge_and_say_so() -> None:
    world, rollout = Arms(), running(COMPARE)
    for number in range(5):
        world.both(number, (6, 600), (6, 600))
    judged(rollout, 20)
    row = gate(rollout)
    assert row.verdict == "no_data"
    found = recompute(row.evidence)
    assert found is not None
    assert (found.word, found.sentence) == ("no_data", row.sentence)
    assert found.overruled.startswith("Errors of Orders 3.0.0 is 1 %")


def test_the_same_time_in_weeks_before_only_advises() -> None:
    settings = {"signal": "errors", "judge": "last-week", "weeks": 1}
    world, rollout = Arms(), running({**METRIC, "settings": settings})
    week = 7 * 24 * 3600 // 5
    for number in range(12):
        health.window(world.other, number - week, 1, 600)
        world.both(number, (60, 600), (60, 600))
    judged(rollout, 12)
    row = gate(rollout)
    assert (row.verdict, row.warning, row.required) == ("pass", True, False)
    assert "the same time in weeks before" in row.sentence
    assert row.evidence["baseline_total"] == 11 * 600


def test_a_rollout_may_spend_so_much_of_an_error_budget() -> None:
    Slo.objects.create(
        slug="orders-answers", title="Orders answer", service=service(), environment=environment(),
        target=0.999, due_at=EPOCH, standing=_standing(total=4_000_000),
    )  # fmt: skip
    settings = {"signal": "errors", "judge": "budget", "slo": "orders-answers"}
    budget = {**METRIC, "warm_up": 0, "settings": settings}
    world, rollout = Arms(), running(budget)
    for number in range(10):
        world.both(number, (12, 600), (1, 1000))
        judged(rollout, number + 1)
        assert (gate(rollout).verdict == "fail") == (number >= 7)
    assert gate(rollout).evidence["spent"] == pytest.approx(0.0285)
    other = running(budget)
    Slo.objects.update(standing=_standing(total=400_000_000, firing="page"))
    judged(other, 10)
    assert gate(other).verdict == "pending"
    assert "burns it too fast" in gate(other).sentence
    lost = running({**METRIC, "settings": settings | {"slo": "nothing"}})
    judged(lost, 10)
    assert gate(lost).sentence == "There is no SLO named “nothing”: its budget cannot be read."


def _standing(**fields: Any) -> dict[str, Any]:
    given = {"bad": 4000, "total": 4_000_000, "remaining": 0.5, "burns": [], "firing": ""}
    return {"at": (EPOCH + timedelta(seconds=30)).isoformat(), **given, **fields}


def test_the_api_computes_a_verdict_again(client: Client) -> None:
    world, rollout = Arms(), running(COMPARE)
    client.force_login(person("mina@example.test"))
    for number in range(5):
        world.both(number, (6, 600), (6, 600))
    judged(rollout, 5)
    row = gate(rollout)
    answer = client.get(f"/api/v1/gates/{row.pk}/recompute/")
    assert answer.status_code == 200
    found = answer.json()
    assert [each["share"] for each in found.pop("evidence")] == [None, 0, 0, 0, 0]
    assert found == {
        "verdict": "pass",
        "sentence": row.sentence,
        "computed_verdict": "pass",
        "computed_sentence": row.sentence,
        "overruled": "",
        "same": True,
        "windows": 5,
    }
    row.evidence = {}
    row.save()
    assert client.get(f"/api/v1/gates/{row.pk}/recompute/").status_code == 409
    assert client.get("/api/v1/gates/0/recompute/").status_code == 404


def test_a_gate_with_its_callers_only_is_compared_as_they_counted() -> None:
    world, rollout = World(), running(COMPARE)
    assert world.called.perspective == Perspective.CALLERS
    for number in range(15):
        world.close(number, called=(30, 600), old=(6, 600))
    judged(rollout, 15)
    assert gate(rollout).verdict == "fail"
    assert after(15) == gate(rollout).judged_at
