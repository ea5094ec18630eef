"""Decisions through the page: what is shown, what is kept, what is refused."""

import re
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.approvals.models import Vote
from rollouts.audit import queries as audit
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, decide, plan_text, ready, rollout, running, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def there() -> World:
    return world()


def fields(text: str) -> dict[str, Any]:
    """The hidden fields of the confirmation."""
    form = text[text.index('id="confirmation"') :]
    found: dict[str, Any] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form):
        found.setdefault(name, []).append(value.replace("&quot;", '"').replace("&#x27;", "'"))
    return found


def through(who: Person, action: str, *, query: str = "", slug: str = "orders-v3", **more: Any) -> Any:
    """Opens the confirmation and presses its button."""
    client = signed_in(who)
    opened = client.get(f"/rollouts/{slug}/decide/{action}/{query}")
    assert opened.status_code == 200
    given = {**fields(opened.content.decode()), **more}
    return client.post(f"/rollouts/{slug}/decide/{action}/", given)


def state() -> str:
    """The rollout's state."""
    return Rollout.objects.get(slug="orders-v3").state


def links(who: Person) -> list[str]:
    """The decisions that the page offers."""
    text = signed_in(who).get("/rollouts/orders-v3/").content.decode()
    return re.findall(r'href="/rollouts/orders-v3/decide/(\w+)/', text)


def test_whole_way_from_draft_to_completed_by_page(there: World) -> None:
    row = rollout(there)
    assert "propose" in links(there.mina)
    assert through(there.mina, "propose").status_code == 302
    assert "approve" in links(there.priya)
    assert through(there.priya, "approve", reason="Fine.").status_code == 302
    assert "start" in links(there.mina)
    assert through(there.mina, "start").status_code == 302
    for stage in (2, 3):
        services.do_duties(rollout_id=row.pk)
        if stage == 2:
            assert through(there.priya, "approve", query="?stage=2").status_code == 302
        assert "promote" in links(there.priya)
        assert through(there.priya, "promote", query=f"?stage={stage}").status_code == 302
    services.do_duties(rollout_id=row.pk)
    assert through(there.mina, "complete").status_code == 302
    assert state() == "completed"


def test_halt_asks_once_and_says_what_it_does(there: World) -> None:
    running(there)
    assert "halt" in links(there.priya)
    text = signed_in(there.priya).get("/rollouts/orders-v3/decide/halt/").content.decode()
    assert "New exposure stops at once. Nothing stays granted." in text
    assert through(there.priya, "halt", reason="Errors rise.").status_code == 302
    assert state() == "halted"
    event = audit.events("rollout:orders-v3", limit=1)[0]
    assert event.content["reason"] == "Errors rise."


def test_halted_rollout_is_rolled_back_and_confirmed_as_unmeasured(there: World) -> None:
    running(there)
    through(there.priya, "halt")
    assert {"resume", "roll_back"} <= set(links(there.priya))
    assert through(there.priya, "roll_back", reason="Enough.").status_code == 302
    assert "confirm_rolled_back" in links(there.priya)
    assert through(there.priya, "confirm_rolled_back", reason="Seen in the cluster.").status_code == 302
    assert state() == "rolled_back"


def test_close_states_what_remains(there: World) -> None:
    running(there)
    through(there.priya, "halt")
    assert through(there.mina, "close", reason="Kept.").status_code == 409
    assert through(there.mina, "close", reason="Kept.", remaining="Two partners.").status_code == 302
    assert state() == "closed"


def test_hold_and_resume(there: World) -> None:
    running(there)
    assert through(there.mina, "hold").status_code == 302
    assert state() == "held"
    assert through(there.priya, "resume").status_code == 302
    assert state() == "running"


def test_withdraw_makes_it_a_draft_again(there: World) -> None:
    rollout(there)
    through(there.mina, "propose")
    assert "withdraw" in links(there.mina)
    assert through(there.mina, "withdraw").status_code == 302
    assert state() == "draft"


def test_reject_and_cancel(there: World) -> None:
    rollout(there)
    through(there.mina, "propose")
    assert through(there.priya, "reject", reason="Not in December.").status_code == 302
    assert state() == "draft"
    assert through(there.mina, "cancel").status_code == 302
    assert state() == "cancelled"


def test_override_names_what_it_passes_over(there: World) -> None:
    ready(there)
    text = (
        signed_in(there.tomas).get("/rollouts/orders-v3/decide/promote/?stage=2&override=1").content.decode()
    )
    assert fields(text)["override"] == ["approval-half"]
    assert "Passed over" in text
    assert through(there.tomas, "promote", query="?stage=2&override=1").status_code == 409
    done = through(there.tomas, "promote", query="?stage=2&override=1", reason="Fixing an outage.")
    assert done.status_code == 302
    assert Rollout.objects.get().stage == 2


def test_skip_is_offered_to_a_breaker(there: World) -> None:
    ready(there)
    assert "skip" in links(there.tomas)
    assert through(there.tomas, "skip", query="?stage=2&override=1", reason="No half.").status_code == 302
    assert Rollout.objects.get().stages.get(number=2).state == "skipped"


def test_what_was_shown_is_kept_with_the_event(there: World) -> None:
    ready(there)
    through(there.priya, "approve", query="?stage=2")
    shown = audit.events("rollout:orders-v3", limit=1)[0].content["shown"]
    assert any(gate["title"] == "Approved" for gate in shown["gates"])
    assert "gates passed" in shown["sentence"]


def test_decision_on_what_has_changed_is_refused_and_asks_again(there: World) -> None:
    ready(there)
    client = signed_in(there.priya)
    given = fields(client.get("/rollouts/orders-v3/decide/approve/?stage=2").content.decode())
    decide(there.jonas, Action.APPROVE, stage=2)
    decide(there.jonas, Action.PROMOTE, stage=2)
    answer = client.post("/rollouts/orders-v3/decide/approve/", given)
    assert answer.status_code == 409
    assert "Nothing was changed." in answer.content.decode()
    assert Vote.objects.filter(person=there.priya, request__stage=2).count() == 0


def test_forged_evidence_is_refused_but_never_for_a_halt(there: World) -> None:
    ready(there)
    assert through(there.priya, "approve", query="?stage=2", seen="forged").status_code == 409
    assert through(there.priya, "halt", seen="forged").status_code == 302


def test_pressing_twice_decides_once(there: World) -> None:
    running(there)
    client = signed_in(there.mina)
    given = fields(client.get("/rollouts/orders-v3/decide/hold/").content.decode())
    for _ in range(2):
        assert client.post("/rollouts/orders-v3/decide/hold/", given).status_code == 302
    held = [event for event in audit.events("rollout:orders-v3") if event.kind == "rollout.held"]
    assert len(held) == 1


@pytest.mark.parametrize("action", ["halt", "hold", "promote", "start"])
def test_outsider_is_refused_and_told_who_can(there: World, action: str) -> None:
    running(there)
    before = Rollout.objects.get().version
    client = signed_in(person("eve@example.test"))
    answer = client.post(f"/rollouts/orders-v3/decide/{action}/", {"key": "k"})
    assert answer.status_code == 409
    assert Rollout.objects.get().version == before
    assert not links(person("eve@example.test"))


@pytest.mark.parametrize("action", ["save", "stage_ready", "expire", "dance"])
def test_what_no_person_decides_has_no_page(there: World, action: str) -> None:
    rollout(there)
    assert signed_in(there.mina).get(f"/rollouts/orders-v3/decide/{action}/").status_code == 404


def test_delegate_votes_for_the_delegator(there: World) -> None:
    from datetime import timedelta

    from rollouts.approvals.models import Delegation
    from rollouts.lib.clock import database_now

    kofi, now = person("kofi@example.test"), database_now()
    Delegation.objects.create(
        delegator=there.jonas,
        delegate=kofi,
        starts_at=now - timedelta(hours=1),
        ends_at=now + timedelta(hours=1),
    )
    rollout(there, source=plan_text())
    decide(there.mina, Action.PROPOSE)
    assert "approve" in links(kofi)
    assert through(kofi, "approve").status_code == 302
    assert Vote.objects.get().on_behalf_of == there.jonas


def test_form_without_its_token_is_refused(there: World) -> None:
    running(there)
    client = Client(enforce_csrf_checks=True)
    client.force_login(there.mina)
    assert client.post("/rollouts/orders-v3/decide/halt/", {}).status_code == 403
    assert state() == "running"
