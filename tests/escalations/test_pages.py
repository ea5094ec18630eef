"""Runs and policies in the page."""

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.escalations.models import EscalationPolicy
from rollouts.lib.clock import database_now
from rollouts.lib.inbox import items_for
from tests.escalations import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def ruth() -> Person:
    return f.person("Ruth Adeyemi", role="planner")


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def halted() -> None:
    f.policy(["person ruth@fernhill.example"], ["#orders"], ["role approver of orders"])
    f.halt(f.rollout())


def test_a_run_shows_its_levels_and_is_acknowledged(ruth: Person) -> None:
    halted()
    run = f.the_run()
    client = signed_in(ruth)
    page = client.get(run.get_absolute_url()).content.decode()
    assert "31 of 420 requests failed" in page
    assert 'aria-current="step"' in page
    assert "Approvers of Orders" in page
    address = f"/escalations/E-{run.pk}/acknowledge/"
    answer = client.post(address, {"note": "I look."}, follow=True).content.decode()
    assert "Acknowledged by Ruth Adeyemi" in answer
    assert "I look." in answer
    assert f.the_run().state == "acknowledged"
    again = client.post(address)
    assert again.status_code == 409
    assert "Nobody else needs to." in again.content.decode()


def test_the_next_level_is_called_by_hand_once(ruth: Person) -> None:
    halted()
    run = f.the_run()
    client = signed_in(ruth)
    address = f"/escalations/E-{run.pk}/next/"
    assert client.post(address, {"level": "1"}).status_code == 302
    assert client.post(address, {"level": "1"}).status_code == 409
    assert f.the_run().level == 2


def test_a_stranger_reads_and_cannot_answer(ruth: Person) -> None:
    halted()
    run = f.the_run()
    client = signed_in(f.person("Someone Else"))
    assert "not answer it" in client.get(run.get_absolute_url()).content.decode()
    refused = client.post(f"/escalations/E-{run.pk}/acknowledge/")
    assert refused.status_code == 409
    assert f.the_run().state == "active"


def test_a_private_rollouts_run_is_not_there_for_others(ruth: Person) -> None:
    halted()
    run = f.the_run()
    type(run.rollout).objects.update(visibility="private")
    client = signed_in(f.person("Someone Else"))
    assert client.get(run.get_absolute_url()).status_code == 404
    assert client.post(f"/escalations/E-{run.pk}/acknowledge/").status_code == 404
    assert run.name not in client.get("/escalations/").content.decode()


def test_the_list_shows_what_is_open_and_all(ruth: Person) -> None:
    halted()
    run = f.the_run()
    client = signed_in(ruth)
    assert run.name in client.get("/escalations/").content.decode()
    f.happen(run.rollout, "rollout.rolled_back", moved=f.moved(ends_escalation=True))
    assert run.name not in client.get("/escalations/").content.decode()
    assert run.name in client.get("/escalations/?show=all").content.decode()


def test_who_was_asked_is_told_on_the_first_page_until_somebody_answers(ruth: Person) -> None:
    halted()
    titles = [item.title for item in items_for(ruth, database_now())]
    assert "Orders v3: you are paged, level 1" in titles
    signed_in(ruth).post(f"/escalations/E-{f.the_run().pk}/acknowledge/")
    assert not [item for item in items_for(ruth, database_now()) if item.urgency == 0]


def test_the_rollouts_page_carries_the_button(ruth: Person) -> None:
    halted()
    page = signed_in(ruth).get("/rollouts/orders-v3/panels/escalations/").content.decode()
    assert f"/escalations/E-{f.the_run().pk}/acknowledge/" in page


def policy_form(**changed: str) -> dict[str, str]:
    return {
        "name": "Orders, tier 1",
        "team": "orders",
        "services": "orders",
        "repeat": "1",
        "level_1_targets": "on-call orders\nruth@fernhill.example",
        "level_1_wait": "10 min",
        "level_2_targets": "#orders",
        "level_2_wait": "1 h",
    } | changed


def test_a_policy_is_written_edited_and_removed(ruth: Person) -> None:
    f.service()
    client = signed_in(ruth)
    assert client.post("/escalations/policies/new/", policy_form()).status_code == 302
    row = EscalationPolicy.objects.get()
    assert [level["wait_s"] for level in row.levels] == [600, 3600]
    assert [service.slug for service in row.services.all()] == ["orders"]
    page = client.get(row.get_absolute_url()).content.decode()
    assert "person ruth@fernhill.example" in page
    changed = policy_form(level_2_targets="", level_2_wait="")
    assert client.post(row.get_absolute_url(), changed).status_code == 302
    row.refresh_from_db()
    assert len(row.levels) == 1
    assert "Orders, tier 1" in client.get("/escalations/policies/").content.decode()
    client.post(f"{row.get_absolute_url()}remove/")
    assert not EscalationPolicy.objects.exists()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"level_1_wait": "soon"}, "no length of time"),
        ({"level_1_targets": "whoever"}, "names nobody"),
        ({"level_1_targets": ""}, "needs 1 to 10 targets"),
        ({"services": "ordres"}, "There is no service ordres."),
        (
            {"level_1_targets": "", "level_1_wait": "", "level_2_targets": "", "level_2_wait": ""},
            "at least one",
        ),
    ],
)
def test_what_is_to_be_mended_stands_in_the_form(ruth: Person, changed: dict[str, str], said: str) -> None:
    f.service()
    answer = signed_in(ruth).post("/escalations/policies/new/", policy_form(**changed))
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not EscalationPolicy.objects.exists()


def test_a_second_policy_of_one_name_does_not_replace_the_first(ruth: Person) -> None:
    f.service()
    client = signed_in(ruth)
    client.post("/escalations/policies/new/", policy_form())
    answer = client.post("/escalations/policies/new/", policy_form(repeat="3"))
    assert answer.status_code == 422
    assert EscalationPolicy.objects.get().repeat == 1


def test_others_read_policies_and_do_not_save(ruth: Person) -> None:
    row = f.policy(["person ruth@fernhill.example"])
    client = signed_in(f.person("Vera Viewer", role="viewer"))
    assert "Planners and admins of Orders" in client.get(row.get_absolute_url()).content.decode()
    client.post(row.get_absolute_url(), policy_form(name="Mine now"))
    client.post(f"{row.get_absolute_url()}remove/")
    assert EscalationPolicy.objects.get().name == row.name
