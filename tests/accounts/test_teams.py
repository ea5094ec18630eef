"""Roles and who is on call: who may change them, and that the log says so."""

import pytest
from django.test import Client

from rollouts.accounts import services
from rollouts.accounts.models import Membership, Person, Team
from rollouts.accounts.queries import held_roles, holders, on_call_teams
from rollouts.accounts.values import Role
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db(transaction=True)


def as_(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def test_an_admin_of_the_team_gives_and_takes_roles_and_the_log_says_so() -> None:
    lena, mina = person("lena@example.test"), person("mina@example.test")
    team("orders", admin=[lena])
    client = as_(lena)
    client.post("/teams/orders/roles/", {"email": "Mina@example.test", "role": "approver"})
    assert held_roles(mina.pk) == {"orders": {"approver"}}
    client.post("/teams/orders/roles/", {"email": "mina@example.test", "role": "approver"})
    client.post(f"/teams/orders/roles/{mina.pk}/approver/take/")
    assert held_roles(mina.pk) == {}
    kinds = list(Event.objects.filter(stream="team:orders").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["accounts.role_given", "accounts.role_taken"]


def test_the_api_does_the_same() -> None:
    lena, mina = person("lena@example.test"), person("mina@example.test")
    team("orders", admin=[lena])
    client, given = as_(lena), {"person": "mina@example.test", "role": "breaker"}
    assert client.post("/api/v1/teams/orders/roles/", given, "application/json").status_code == 204
    listed = client.get("/api/v1/teams/").json()["results"][0]
    assert {"person": "mina@example.test", "name": "Mina", "role": "breaker"} in listed["members"]
    assert client.delete("/api/v1/teams/orders/roles/", given, "application/json").status_code == 204
    assert held_roles(mina.pk) == {}


@pytest.mark.parametrize("role", ["viewer", "planner", "approver", "breaker"])
def test_no_other_role_gives_roles(role: str) -> None:
    lena = person("lena@example.test")
    team("orders", **{role: [lena]})
    given = {"person": "lena@example.test", "role": "admin"}
    told = as_(lena).post("/api/v1/teams/orders/roles/", given, "application/json")
    assert (told.status_code, told.json()["code"]) == (403, "forbidden")
    page = as_(lena).post("/teams/orders/roles/", {"email": "lena@example.test", "role": "admin"})
    assert page.status_code == 422
    assert not Membership.objects.filter(role="admin").exists()


def test_an_admin_of_one_team_is_none_of_another() -> None:
    lena = person("lena@example.test")
    team("orders", admin=[lena])
    other = team("shipping")
    with pytest.raises(services.NotAllowed, match="admin of Shipping"):
        services.give_role(team=other, person=lena, role=Role.APPROVER, by=lena, face=Face.PAGE)


def test_members_say_who_is_on_call() -> None:
    mina, jonas, stranger = (person(f"{n}@example.test") for n in ("mina", "jonas", "eve"))
    team("orders", viewer=[mina], approver=[jonas])
    as_(mina).post("/teams/orders/on-call/", {"person": jonas.pk})
    assert on_call_teams(jonas.pk) == {"orders"}
    told = as_(stranger).put(
        "/api/v1/teams/orders/on-call/", {"person": "eve@example.test"}, "application/json"
    )
    assert told.status_code == 403
    assert Team.objects.get(slug="orders").on_call == jonas


def test_who_left_holds_nothing() -> None:
    mina = person("mina@example.test")
    orders = team("orders", approver=[mina])
    Team.objects.filter(pk=orders.pk).update(on_call=mina)
    Person.objects.filter(pk=mina.pk).update(is_active=False)
    assert held_roles(mina.pk) == {}
    assert holders(teams=["orders"], roles=["approver"]) == []
    assert on_call_teams(mina.pk) == set()


def test_pages_ask_for_a_sign_in_first() -> None:
    for address in ("/me/", "/teams/", "/people/"):
        answer = Client().get(address)
        assert (answer.status_code, answer["Location"]) == (302, f"/accounts/login/?next={address}")


def test_nobody_signs_up_by_themselves() -> None:
    given = {"email": "eve@example.test", "password1": "long-enough-word", "password2": "long-enough-word"}
    Client().post("/accounts/signup/", given)
    assert not Person.objects.filter(email="eve@example.test").exists()


def test_one_outside_account_is_one_person() -> None:
    mina, jonas = person("mina@example.test"), person("jonas@example.test")
    link = {"provider": "slack", "workspace": "T1", "external_id": "U1", "face": Face.SLACK}
    services.link_identity(person=mina, **link)  # type: ignore[arg-type]
    services.link_identity(person=mina, **link)  # type: ignore[arg-type]
    with pytest.raises(services.Linked, match="linked to another person"):
        services.link_identity(person=jonas, **link)  # type: ignore[arg-type]
    assert Event.objects.filter(kind="accounts.identity_linked").count() == 1
