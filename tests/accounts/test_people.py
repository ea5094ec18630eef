"""Accounts are made and closed by administrators, in the page and over the API."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.core import mail
from django.test import Client

from rollouts.accounts import services
from rollouts.accounts.models import Person
from rollouts.accounts.values import Scope
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


@pytest.mark.django_db(transaction=True)
def test_an_administrator_makes_an_account_whose_person_sets_a_password_by_mail() -> None:
    client = signed_in(person("ada@example.test", staff=True))
    answer = client.post("/people/", {"name": "New Person", "email": "New@Example.test"})
    assert answer.status_code == 302
    made = Person.objects.get(email="new@example.test")
    assert not made.has_usable_password()
    assert Event.objects.filter(kind="accounts.person_added").count() == 1

    Client().post("/accounts/password/reset/", {"email": "new@example.test"})
    assert [message.to for message in mail.outbox] == [["new@example.test"]]


@pytest.mark.django_db(transaction=True)
def test_an_address_is_taken_once() -> None:
    client = signed_in(person("ada@example.test", staff=True))
    answer = client.post("/people/", {"name": "Ada again", "email": "ADA@example.test"})
    assert answer.status_code == 422
    assert "Another account has this e-mail." in answer.text
    told = client.post(
        "/api/v1/people/", {"name": "Ada again", "email": "ada@example.test"}, "application/json"
    )
    assert (told.status_code, told.json()["code"]) == (409, "taken")


def test_others_look_and_make_nobody() -> None:
    client = signed_in(person("mina@example.test"))
    given = {"name": "X", "email": "x@example.test"}
    assert "Only an administrator of the installation" in client.post("/people/", given, follow=True).text
    told = client.post("/api/v1/people/", given, "application/json")
    assert (told.status_code, told.json()["code"]) == (403, "forbidden")
    assert client.get("/api/v1/people/").status_code == 200
    assert not Person.objects.filter(email="x@example.test").exists()


@pytest.mark.django_db(transaction=True)
def test_a_closed_account_signs_in_nowhere_and_may_be_opened_again() -> None:
    ada, mina = person("ada@example.test", staff=True), person("mina@example.test")
    _, plain = services.issue_token(person=mina, name="ci", scope=Scope.READ, days=1, face=Face.API)
    as_mina = {"Authorization": f"Bearer {plain}"}
    assert Client().get("/api/v1/me/", headers=as_mina).status_code == 200

    admin = signed_in(ada)
    admin.post(f"/people/{mina.pk}/active/", {"active": "no"})
    assert Client().get("/api/v1/me/", headers=as_mina).status_code == 401
    assert not Client().login(username="mina@example.test", password="gatehouse-demo")

    told = admin.patch(f"/api/v1/people/{mina.pk}/", {"is_active": True}, "application/json")
    assert told.json()["is_active"] is True
    assert Client().get("/api/v1/me/", headers=as_mina).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nobody_closes_their_own_account() -> None:
    ada = person("ada@example.test", staff=True)
    told = signed_in(ada).patch(f"/api/v1/people/{ada.pk}/", {"is_active": False}, "application/json")
    assert (told.status_code, told.json()["code"]) == (403, "forbidden")


def test_the_list_of_people_takes_as_many_queries_for_thirty_as_for_one(
    django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]],
) -> None:
    client = signed_in(person("ada@example.test", staff=True))
    everyone = [person(f"p{number}@example.test") for number in range(30)]
    team("orders", approver=everyone)
    with django_assert_max_num_queries(9):
        assert client.get("/people/").status_code == 200
