"""The story of one version: its gate names a field, a consumer's CI opens it, the old one goes at last."""

import pytest

from rollouts.audit.services import due_followups, run_followup
from rollouts.contracts.models import Consumer
from rollouts.gates.values import Word
from rollouts.health.models import Window
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.contracts.papers import put, signed_in
from tests.gates.factories import running
from tests.gates.moving import DAY, NAME, SPLIT, scene
from tests.gates.test_contract_gate import PROMOTE, RETIRE, judge

pytestmark = pytest.mark.django_db
JUNIT = (
    "<testsuite tests='2'><testcase name='address is read'/><testcase name='label is printed'/></testsuite>"
)


def follow() -> None:
    for pk in due_followups(database_now(), 100):
        run_followup(pk)


def test_from_a_gate_that_names_the_field_to_the_end_of_the_old_version() -> None:
    made = scene(SPLIT)
    made.consumer("shipping", "not_ready", "address.line")
    planner, provider = person("tomas@example.test"), person("mina@example.test")
    team("shipping-team", planner=[planner])
    team(made.contract.provider.team.slug, planner=[provider])
    made.promote()
    row = running(PROMOTE, RETIRE)
    said = "3.0.0 breaks shipping (address.line), which is not ready."
    assert (judge(row).verdict, judge(row).sentence) == (Word.FAIL, said)

    Rollout.objects.update(due_at=None)
    about = f"?service=shipping&contract={NAME}&version=3.0.0&build=b7&source=CI"
    sent = signed_in(planner).post(f"/api/v1/evidence/{about}", JUNIT, content_type="application/xml")
    assert sent.status_code == 201
    follow()
    row.refresh_from_db()
    assert row.due_at is not None
    assert judge(row).verdict == Word.PASS

    put(planner, "consumers/shipping/", readiness="migrated", uses=">=3")
    put(
        provider,
        "versions/2.4.0/end/",
        deprecated=str((made.now - 9 * DAY).date()),
        sunset=str(made.now.date()),
    )
    made.counted()
    made.call("2.4.0", 3, caller="shipping")
    closed = judge(row, "gone")
    assert (closed.verdict, closed.sentence) == (
        Word.FAIL,
        "shipping made 3 calls on 2.4.0 in the last 14 days.",
    )
    retire = f"/api/v1/contracts/{NAME}/versions/2.4.0/retire/"
    refused = signed_in(provider).post(retire, {}, content_type="application/json")
    assert (refused.status_code, refused.json()["detail"]) == (409, closed.sentence)

    Window.DAYS.ensure({(made.now - 15 * DAY).date()})
    Window.objects.update(start_at=made.now - 15 * DAY)
    Rollout.objects.filter(pk=row.pk).update(state="completed", ended_at=made.now)
    assert signed_in(provider).post(retire, {}, content_type="application/json").status_code == 200
    made.old.refresh_from_db()
    assert made.old.state == "retired"
    assert Consumer.objects.get().uses == ">=3"
