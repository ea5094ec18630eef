"""The page of one rollout, whole and panel by panel."""

import re
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.audit.models import Followup
from rollouts.audit.values import Face
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.gates.models import ChecklistTick
from rollouts.lib.panels import panels
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.decisions.factories import World, decide, plan_text, ready, rollout, running, world

pytestmark = pytest.mark.django_db

CHECKLIST = (
    "{name: support, title: Support is told, kind: checklist, on_fail: ask,"
    " settings: {items: [{name: desk, title: The desk knows}]}}"
)


def signed_in(who: Person) -> Client:
    """A browser in which `who` is signed in."""
    client = Client()
    client.force_login(who)
    return client


@pytest.fixture
def there() -> World:
    return world()


def test_page_shows_every_panel(there: World) -> None:
    ready(there)
    answer = signed_in(there.mina).get("/rollouts/orders-v3/")
    assert answer.status_code == 200
    text = answer.content.decode()
    for name in panels.names():
        assert f'id="{panels[name].name}"' in text, name
    assert "Promote to stage 2" in text


def test_page_asks_for_sign_in(there: World) -> None:
    rollout(there)
    answer = Client().get("/rollouts/orders-v3/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["", "log/", "panels/answers/", "decide/halt/"])
def test_private_rollout_of_others_is_not_there(there: World, path: str) -> None:
    row = rollout(there)
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    assert signed_in(person("eve@example.test")).get(f"/rollouts/orders-v3/{path}").status_code == 404
    assert signed_in(there.mina).get(f"/rollouts/orders-v3/{path}").status_code == 200


def address_of(text: str, name: str) -> str:
    """Where a panel of the page asks for itself."""
    found = re.search(rf'id="{name}".*?hx-get="([^"]+)"', text, re.DOTALL)
    assert found
    return found[1].replace("&amp;", "&")


@pytest.mark.parametrize("name", ["decision_bar", "answers", "stage_rail"])
def test_panel_answers_204_until_something_is_newer(there: World, name: str) -> None:
    ready(there)
    client = signed_in(there.priya)
    address = address_of(client.get("/rollouts/orders-v3/").content.decode(), name)
    assert client.get(address).status_code == 204
    decide(there.priya, Action.HALT)
    newer = client.get(address)
    assert newer.status_code == 200
    assert f'id="{name}"' in newer.content.decode()


def test_panel_that_nobody_registered_is_not_there(there: World) -> None:
    rollout(there)
    assert signed_in(there.mina).get("/rollouts/orders-v3/panels/nothing/").status_code == 404


def test_checklist_is_ticked_from_the_page(there: World) -> None:
    row = running(there, source=plan_text(exit_=CHECKLIST))
    client = signed_in(there.mina)
    text = client.get(row.get_absolute_url()).content.decode()
    link = re.search(r'href="(/rollouts/orders-v3/gates/\d+/tick/\?item=desk)"', text)
    assert link
    assert "Tick “The desk knows”?" in client.get(link[1]).content.decode()
    answer = client.post(link[1].split("?")[0], {"item": "desk"})
    assert answer.status_code == 302
    assert ChecklistTick.objects.get().person_name == there.mina.name


def test_tick_of_an_outsider_is_refused_with_a_remedy(there: World) -> None:
    row = running(there, source=plan_text(exit_=CHECKLIST))
    gate = row.gates.get(name="support", stage__number=1)
    client = signed_in(person("eve@example.test"))
    answer = client.post(f"/rollouts/orders-v3/gates/{gate.pk}/tick/", {"item": "desk"})
    assert answer.status_code == 409
    assert "It takes a member of a team" in answer.content.decode()
    assert not ChecklistTick.objects.exists()


def parked() -> Followup:
    """A follow-up that was given up."""
    found = Followup.objects.order_by("pk").first()
    assert found
    Followup.objects.filter(pk=found.pk).update(
        parked_at=found.created_at, done_at=None, attempts=5, error="Nobody answers."
    )
    return found


def test_failed_followup_is_visible_and_tried_again(there: World) -> None:
    row = rollout(there)
    followup = parked()
    client = signed_in(there.mina)
    assert "Nobody answers." in client.get(row.get_absolute_url()).content.decode()
    answer = client.post(f"/rollouts/orders-v3/followups/{followup.pk}/retry/")
    assert answer.status_code == 302
    followup.refresh_from_db()
    assert followup.parked_at is None


def test_followup_is_not_retried_by_an_outsider(there: World) -> None:
    rollout(there)
    followup = parked()
    client = signed_in(person("eve@example.test"))
    assert client.post(f"/rollouts/orders-v3/followups/{followup.pk}/retry/").status_code == 403
    followup.refresh_from_db()
    assert followup.parked_at is not None


def test_whole_log_reads_newest_first(there: World) -> None:
    running(there)
    services.decide(
        rollout="orders-v3",
        command=services.Command(Action.HOLD, reason="Lunch."),
        actor=there.mina.actor,
        face=Face.PAGE,
    )
    text = signed_in(there.mina).get("/rollouts/orders-v3/log/").content.decode()
    assert text.index("Lunch.") < text.index("proposed")


def test_page_asks_the_same_number_of_queries_with_more_history(
    there: World, django_assert_max_num_queries: Any
) -> None:
    ready(there)
    client = signed_in(there.mina)
    client.get("/rollouts/orders-v3/")
    with django_assert_max_num_queries(90) as few:
        client.get("/rollouts/orders-v3/")
    for _ in range(6):
        decide(there.mina, Action.HOLD)
        decide(there.priya, Action.RESUME)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get("/rollouts/orders-v3/")
