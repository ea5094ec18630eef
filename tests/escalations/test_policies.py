"""Policies: what can be kept, who may edit, and what is said of mistakes."""

from datetime import timedelta

import pytest

from rollouts.audit.queries import events
from rollouts.audit.values import Face
from rollouts.escalations import services, values
from rollouts.escalations.models import Cover, EscalationPolicy
from rollouts.escalations.services import Invalid, Refused
from tests.escalations import factories as f

LEVEL = {"wait_s": 60, "targets": [{"kind": "channel", "name": "#orders"}]}


def test_lines_and_waits_read_as_people_write_them() -> None:
    lines = ["person a@b.example", "on-call orders", "role approver of orders", "channel #x"]
    targets = [values._target("", values.read_line(line), []) for line in lines]
    assert [target.line() for target in targets if target] == lines
    assert values.read_line("#x") == {"kind": "channel", "name": "#x"}
    assert values.read_wait("10") == values.read_wait("10 min") == timedelta(minutes=10)
    assert [values.wait_text(values.read_wait(t)) for t in ("30 s", "90 s", "2h")] == ["30 s", "90 s", "2 h"]


@pytest.mark.parametrize("text", ["", "soon", "0 min", "-1", "1 day"])
def test_a_length_of_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        values.read_wait(text)


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([], "at least one level"),
        ([LEVEL] * 10, "at most 9"),
        ([{"wait_s": 0, "targets": LEVEL["targets"]}], "wait_s"),
        ([{"wait_s": True, "targets": LEVEL["targets"]}], "wait_s"),
        ([{"wait_s": 60, "targets": []}], "1 to 10 targets"),
        ([{"wait_s": 60, "targets": [{"kind": "pigeon", "name": "x"}]}], "person, on_call, role, channel"),
        ([{"wait_s": 60, "targets": [{"kind": "role", "name": "x"}]}], "needs a role"),
        ([{"wait_s": 60, "targets": [{"kind": "channel"}]}], "needs a kind and a name"),
        (["x"], "must be an object"),
    ],
)
def test_levels_that_cannot_be_kept_are_named(levels: list[object], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        values.read_levels(levels)


def test_several_mistakes_are_said_at_once() -> None:
    with pytest.raises(Invalid) as found:
        values.read_levels([{"wait_s": 0, "targets": []}, {"wait_s": 0, "targets": []}])
    assert len(found.value.problems) == 4


@pytest.mark.django_db
def test_saving_twice_keeps_one_policy_and_moves_the_cover() -> None:
    mina = f.person("Mina Okafor", role="planner")
    f.service()
    for slug in ("first", "second", "second"):
        services.save_policy(
            slug=slug,
            name=slug,
            team="orders",
            levels=[LEVEL],
            services=["orders"],
            actor=mina.actor,
            face=Face.PAGE,
        )
    assert EscalationPolicy.objects.count() == 2
    assert Cover.objects.get().policy.slug == "second"
    assert events("team:orders")[0].kind == "escalation.policy_saved"


@pytest.mark.django_db
def test_who_may_edit() -> None:
    f.policy(["#orders"], of="orders")
    for name, role, of in (("Ann", "approver", "orders"), ("Bo", "planner", "elsewhere")):
        with pytest.raises(Refused, match="planner or team admin of Orders"):
            services.save_policy(
                slug="orders-on-call", name="x", team="orders", levels=[LEVEL],
                actor=f.person(name, role=role, of=of).actor, face=Face.API,
            )  # fmt: skip
    assert EscalationPolicy.objects.get().name == "Orders on call"
    admin = f.person("Root", is_staff=True)
    services.delete_policy(slug="orders-on-call", actor=admin.actor, face=Face.API)
    assert not EscalationPolicy.objects.exists()


@pytest.mark.django_db
def test_a_policy_cannot_be_taken_into_another_team_by_its_planner() -> None:
    f.policy(["#orders"], of="orders")
    thief = f.person("Bo", role="planner", of="elsewhere")
    with pytest.raises(Refused):
        services.save_policy(
            slug="orders-on-call",
            name="x",
            team="elsewhere",
            levels=[LEVEL],
            actor=thief.actor,
            face=Face.API,
        )


@pytest.mark.django_db
def test_unknown_teams_and_services_are_named() -> None:
    admin = f.person("Root", is_staff=True)
    with pytest.raises(Invalid) as found:
        services.save_policy(
            name="",
            team="nope",
            repeat=99,
            levels=[LEVEL],
            services=["ghost"],
            actor=admin.actor,
            face=Face.API,
        )
    assert len(found.value.problems) == 4
