"""The kind `evidence`: what a plan demands against what was recorded."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from rollouts.audit.services import due_followups, run_followup
from rollouts.catalog.models import Service
from rollouts.evidence.models import Result
from rollouts.gates import queries, services
from rollouts.gates.judging import context_of
from rollouts.gates.kinds.evidence import Evidence
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.values import Word
from rollouts.lib.clock import database_now
from rollouts.plans.document.checks.facts import Facts
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.contracts.papers import signed_in
from tests.evidence.factories import result
from tests.gates.factories import gate, running
from tests.gates.moving import NAME, Scene, scene
from tests.plans.factories import checked, with_gate, with_stage

pytestmark = pytest.mark.django_db


def wanted(**settings: Any) -> dict[str, Any]:
    asked = {"kind": "contract_test", "contract": NAME, "version": "3.0.0"} | settings
    return {
        "name": "tried", "title": "Tried", "kind": "evidence",
        "settings": {name: value for name, value in asked.items() if value is not None},
    }  # fmt: skip


def drill(kind: str = "drill", **settings: Any) -> dict[str, Any]:
    return wanted(kind=kind, contract=None, version=None, **settings)


def judge(row: Rollout) -> Gate:
    with transaction.atomic():
        services.judge(rollout_ids=[row.pk], now=database_now())
    return gate(row, "tried")


def said(row: Rollout) -> tuple[str, str]:
    found = judge(row)
    return found.verdict, found.sentence


@pytest.fixture
def there() -> Scene:
    """Web and shipping rely on the contract of orders."""
    made = scene()
    made.consumer("web")
    made.consumer("shipping")
    return made


def test_every_consumer_has_to_have_passed_and_the_verdict_cites_by_which_result(there: Scene) -> None:
    row = running(wanted())
    assert said(row) == (
        Word.PENDING, "No contract test of shipping against orders-api 3.0.0 was recorded. (1 more)"
    )  # fmt: skip
    first = there.result("shipping")
    assert judge(row).verdict == Word.PENDING
    second = there.result("web")
    found = judge(row)
    assert (found.verdict, found.sentence) == (Word.PASS, "All 2 that are asked for passed.")
    assert found.evidence["evidence"] == [first.pk, second.pk]
    assert Verdict.objects.filter(gate=found).order_by("-pk")[0].evidence["evidence"] == [first.pk, second.pk]


def test_one_failure_fails_until_a_newer_result_passed(there: Scene) -> None:
    there.result("web")
    there.result("shipping", passed=False)
    row = running(wanted())
    assert judge(row).verdict == Word.FAIL
    there.result("shipping", days=1)
    assert judge(row).verdict == Word.PASS


def test_results_expire_by_the_plan_and_the_gate_is_due_then(there: Scene) -> None:
    made = there.result("shipping", days=3)
    row = running(wanted(consumers=["shipping"], within="4d"))
    assert judge(row).verdict == Word.PASS
    assert made.at + timedelta(days=4) in queries.due_times(row, database_now())
    assert judge(running(wanted(consumers=["shipping"], within="2d"))).verdict == Word.PENDING


def test_only_consumers_that_the_stage_reaches_are_asked(there: Scene) -> None:
    there.result("web")
    row = running(wanted(), exposure={"consumers": ["web"]})
    assert judge(row).verdict == Word.PASS


def test_where_nobody_relies_on_it_nothing_has_to_be_tried() -> None:
    scene()
    assert said(running(wanted())) == (
        Word.PASS, "Nobody that the stage reaches relies on it, so nothing has to be tried."
    )  # fmt: skip


def test_a_contract_that_is_nowhere_is_inconclusive() -> None:
    assert said(running(wanted(contract="none"))) == (Word.INCONCLUSIVE, "There is no contract named none.")


def test_a_result_against_the_old_build_of_the_provider_does_not_open_it(there: Scene) -> None:
    """The rollout brings 3.0.0 of orders after 2.4.0."""
    there.result("web", provider_build="2.4.0")
    row = running(wanted(consumers=["web"]))
    assert said(row)[0] == Word.PENDING
    assert "is of 2.4.0, and 3.0.0 is what counts." in said(row)[1]
    there.result("web", days=5, provider_build="3.0.0")
    assert judge(row).verdict == Word.PASS


def test_a_drill_is_that_of_the_rollout_or_of_its_stage(there: Scene) -> None:
    row, other = running(drill()), running(drill())
    stage = row.stages.get(number=1).name
    result(kind="drill", rollout=other)
    result(kind="drill", rollout=row, stage="another")
    result(kind="integration_review", rollout=row)
    assert said(row) == (Word.PENDING, "No drill was recorded.")
    result(kind="drill", rollout=row, stage=stage, outcome="failed", ago=2)
    assert judge(row).verdict == Word.FAIL
    result(kind="drill", rollout=row)
    assert judge(row).verdict == Word.PASS


def test_degraded_mode_is_asked_of_the_services_that_are_changed(there: Scene) -> None:
    row = running(drill("degraded_mode", environment="production"))
    assert said(row) == (Word.PENDING, "No degraded-mode test of orders in production was recorded.")
    result(kind="degraded_mode", service=Service.objects.get(slug="orders"))
    assert judge(row).verdict == Word.PENDING
    orders = Service.objects.get(slug="orders")
    result(kind="degraded_mode", service=orders, environment=row.environment)
    assert judge(row).verdict == Word.PASS


def test_each_combination_of_flags_has_to_have_been_tried(there: Scene) -> None:
    row = running(
        drill("flag_combination", flags=[{"new-address": True}, {"new-address": False, "cache": "b"}])
    )
    result(kind="flag_combination", rollout=row, flags={"new-address": True, "cache": "a"})
    found = judge(row)
    assert found.sentence == "No flag combination with cache b, new-address off was recorded."
    orders = Service.objects.get(slug="orders")
    result(kind="flag_combination", service=orders, flags={"new-address": False, "cache": "b"})
    assert judge(row).verdict == Word.PASS


def test_a_recorded_result_makes_the_rollouts_due_that_wait_for_its_kind(there: Scene) -> None:
    waiting, other = running(wanted(consumers=["shipping"])), running(drill())
    Rollout.objects.update(due_at=None)
    body = {
        "kind": "contract_test", "result": "passed", "at": database_now().isoformat(), "service": "shipping",
        "contract": NAME, "version": "3.0.0",
    }  # fmt: skip
    admin = person("ada@example.test", staff=True)
    answer = signed_in(admin).post("/api/v1/evidence/", body, content_type="application/json")
    assert answer.status_code == 201
    for pk in due_followups(database_now(), 50):
        run_followup(pk)
    assert set(Rollout.objects.filter(due_at__isnull=False)) == {waiting}
    assert judge(waiting).verdict == Word.PASS
    assert judge(other).verdict == Word.PENDING


@pytest.mark.parametrize("many", [1, 12])
def test_a_batch_takes_six_queries(there: Scene, many: int) -> None:
    rows = [running(wanted(consumers=["web"])) for _ in range(many)]
    for _ in range(many):
        there.result("web")
    gates = list(Gate.objects.select_related("stage"))
    context = context_of([row.pk for row in rows], database_now())
    with CaptureQueriesContext(connection) as asked:
        found = Evidence().judge(gates, context)
    assert {each.opinion.word for each in found.values()} == {Word.PASS}
    assert len(asked) == 6


def test_its_page_says_what_it_asks_for_and_links_the_results(there: Scene) -> None:
    made = there.result("shipping", passed=False)
    row = running(wanted(flags=None))
    found = judge(row)
    page = signed_in(person("ada@example.test", staff=True)).get(f"/rollouts/{row.slug}/gates/{found.pk}/")
    text = page.content.decode()
    assert "Contract test" in text
    assert f'href="/evidence/{made.pk}/"' in text
    assert "Contract test of shipping against orders-api 3.0.0" in text


def made(**settings: Any) -> Any:
    return with_gate(**wanted(**settings))


FACTS = Facts(
    services=frozenset({"orders", "shipping"}), contracts=frozenset({NAME}),
    versions={NAME: frozenset({"3.0.0"})}, environments=frozenset({"production"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ({"kind": None}, "settings/kind"),
        ({"kind": "guess"}, "settings/kind"),
        ({"kind": "end_to_end", "contract": None}, "settings/version"),
        ({"contract": None, "version": None}, "settings"),
        ({"version": None}, "settings"),
        ({"kind": "flag_combination"}, "settings"),
        (
            {"kind": "drill", "contract": None, "version": None, "consumers": ["shipping"]},
            "settings/consumers",
        ),
        ({"consumers": ["nobody"]}, "settings/consumers/0"),
        ({"consumers": []}, "settings/consumers"),
        ({"contract": "none"}, "settings/contract"),
        ({"version": "9"}, "settings/version"),
        ({"environment": "moon"}, "settings/environment"),
        ({"within": "15d"}, "settings/within"),
        ({"within": "soon"}, "settings/within"),
        ({"flags": [{}]}, "settings/flags/0"),
        ({"flags": [{"a": [1]}]}, "settings/flags/0/a"),
        ({"more": 1}, "settings/more"),
    ],
)
def test_a_plan_that_asks_for_what_cannot_be_is_told_where(settings: dict[str, Any], path: str) -> None:
    found = [each.path for each in checked(made(**settings), FACTS).problems]
    assert any(each.endswith(path) for each in found), found


def test_a_plan_that_is_right_is_read(there: Scene) -> None:
    flags = [{"new-address": True, "share": 0.5, "mode": "b"}]
    found = checked(made(consumers=["shipping"], within="7d", flags=flags, environment="production"), FACTS)
    assert (found.sound, found.warnings) == (True, ())
    assert checked(with_stage()).sound
    assert Result.objects.count() == 0
