import pytest
from django.test import Client

from rollouts.audit.models import Event
from rollouts.gates import services
from rollouts.gates.models import ChecklistTick, Gate
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.gates.factories import METRIC, gate, running
from tests.health.factories import EPOCH

pytestmark = pytest.mark.django_db

CHECKLIST = {
    "name": "ready",
    "title": "Ready to begin",
    "kind": "checklist",
    "owner": "helpers",
    "settings": {"items": [{"name": "told", "title": "On call was told"}, "tried"]},
}


@pytest.fixture
def signed_in(client: Client) -> Client:
    mina = person("mina@example.test")
    team("helpers", viewer=[mina])
    client.force_login(mina)
    return client


def test_gates_and_their_verdicts_are_read(signed_in: Client) -> None:
    rollout = running(METRIC, CHECKLIST)
    services.judge(rollout_ids=[rollout.pk], now=EPOCH)
    rows = signed_in.get(f"/api/v1/rollouts/{rollout.slug}/gates/").json()["results"]
    assert [(row["name"], row["stage"], row["verdict"]) for row in rows] == [
        ("errors", 1, "pending"),
        ("ready", 1, "pending"),
    ]
    verdicts = signed_in.get(f"/api/v1/gates/{rows[0]['id']}/verdicts/").json()["results"]
    assert [row["word"] for row in verdicts] == ["pending"]
    assert signed_in.get(f"/api/v1/gates/{rows[0]['id']}/").json()["runbook"] == METRIC["runbook"]


def test_gates_of_a_private_rollout_are_not_there_for_others(signed_in: Client) -> None:
    rollout = running(METRIC)
    Rollout.objects.update(visibility="private")
    pk = gate(rollout).pk
    for path in (f"gates/{pk}/", f"gates/{pk}/verdicts/"):
        assert signed_in.get(f"/api/v1/{path}").status_code == 404
    assert signed_in.get(f"/api/v1/rollouts/{rollout.slug}/gates/").json()["results"] == []


def _tick(client: Client, row: Gate, item: str, done: bool = True) -> tuple[int, dict[str, object]]:
    answer = client.post(
        f"/api/v1/gates/{row.pk}/ticks/", {"item": item, "done": done}, content_type="application/json"
    )
    return answer.status_code, answer.json()


def test_a_checklist_passes_when_every_item_is_ticked_and_each_tick_is_logged(signed_in: Client) -> None:
    rollout = running(CHECKLIST)
    row = gate(rollout, "ready")
    status, body = _tick(signed_in, row, "told")
    assert (status, body["verdict"]) == (200, "pending")
    assert body["sentence"] == "1 of 2 items are done. Left: tried."
    status, body = _tick(signed_in, row, "tried")
    assert (body["verdict"], body["sentence"]) == ("pass", "All 2 items are done.")
    _tick(signed_in, row, "tried")
    events = Event.objects.filter(stream=rollout.stream, kind="rollout.check_ticked")
    assert events.count() == 2
    rollout.refresh_from_db()
    assert rollout.due_at is not None
    assert rollout.version == 2
    status, body = _tick(signed_in, row, "told", done=False)
    assert body["verdict"] == "pending"
    assert ChecklistTick.objects.count() == 1


def test_ticks_that_make_no_sense_change_nothing(signed_in: Client) -> None:
    rollout = running(CHECKLIST, METRIC)
    status, body = _tick(signed_in, gate(rollout, "ready"), "unknown")
    assert (status, body["code"]) == (409, "no_item")
    status, body = _tick(signed_in, gate(rollout), "told")
    assert (status, body["code"]) == (409, "no_checklist")
    Rollout.objects.update(state="completed")
    status, body = _tick(signed_in, gate(rollout, "ready"), "told")
    assert (status, body["code"]) == (409, "ended")
    assert ChecklistTick.objects.count() == 0
    assert not Event.objects.filter(stream=rollout.stream).exists()


def test_a_stranger_cannot_tick(client: Client) -> None:
    rollout = running(CHECKLIST)
    client.force_login(person("stranger@example.test"))
    status, body = _tick(client, gate(rollout, "ready"), "told")
    assert (status, body["code"]) == (403, "forbidden")
    assert ChecklistTick.objects.count() == 0
