"""Personal tokens: hashed, shown once, bound to a scope and a time."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from rollouts.accounts import services
from rollouts.accounts.models import Person, Token
from rollouts.accounts.values import Scope
from rollouts.audit.values import Face
from tests.accounts.factories import person, team

pytestmark = pytest.mark.django_db(transaction=True)


def token(scope: Scope = Scope.WRITE, who: Person | None = None) -> tuple[Token, dict[str, str]]:
    who = who or person("mina@example.test")
    made, plain = services.issue_token(person=who, name="ci", scope=scope, days=30, face=Face.API)
    return made, {"Authorization": f"Bearer {plain}"}


def test_a_token_opens_the_api_as_its_person_and_is_kept_hashed() -> None:
    made, header = token()
    assert Client().get("/api/v1/me/", headers=header).json()["email"] == "mina@example.test"
    plain = header["Authorization"].split()[1]
    assert plain not in {made.digest, made.hint}
    assert len(made.digest) == 64
    made.refresh_from_db()
    assert made.last_used_at is not None


@pytest.mark.parametrize("header", ["Bearer", "Bearer ght_unknown", "Bearer two words"])
def test_what_is_no_token_is_refused_with_a_remedy(header: str) -> None:
    told = Client().get("/api/v1/me/", headers={"Authorization": header})
    assert told.status_code == 401
    assert told["Content-Type"].startswith("application/problem+json")
    assert told.json()["remedy"]


def test_an_expired_and_a_revoked_token_open_nothing() -> None:
    made, header = token()
    Token.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get("/api/v1/me/", headers=header).status_code == 401
    other, header = token()
    services.revoke_token(person=other.person, token_id=other.pk, face=Face.PAGE)
    assert Client().get("/api/v1/me/", headers=header).status_code == 401


def test_a_token_to_read_changes_nothing() -> None:
    _, header = token(Scope.READ)
    told = Client().patch("/api/v1/me/", {"name": "Other"}, "application/json", headers=header)
    assert told.status_code == 403
    assert "may only read" in told.json()["detail"]
    _, header = token(Scope.WRITE)
    assert (
        Client().patch("/api/v1/me/", {"name": "Other"}, "application/json", headers=header).status_code
        == 200
    )


def test_the_page_shows_a_new_token_once_and_revokes_it() -> None:
    client = Client()
    client.force_login(person("mina@example.test"))
    answer = client.post("/me/tokens/", {"name": "laptop", "scope": "read", "days": "10"})
    assert "ght_" in answer.text
    assert answer["Cache-Control"] == "no-store"
    assert "ght_" + "x" not in client.get("/me/").text
    made = Token.objects.get(name="laptop")
    client.post(f"/me/tokens/{made.pk}/revoke/")
    made.refresh_from_db()
    assert made.revoked_at is not None


def test_nobody_revokes_the_token_of_another() -> None:
    made, _ = token()
    client = Client()
    client.force_login(person("jonas@example.test"))
    assert client.post(f"/me/tokens/{made.pk}/revoke/").status_code == 404
    assert client.delete(f"/api/v1/me/tokens/{made.pk}/").status_code == 404


@pytest.mark.parametrize("days", [0, 367])
def test_a_token_lasts_a_year_at_most(days: int) -> None:
    client = Client()
    client.force_login(person("mina@example.test"))
    given = {"name": "ci", "scope": "read", "days": days}
    assert client.post("/api/v1/me/tokens/", given, "application/json").status_code == 400
    with pytest.raises(ValueError, match="from 1 to 366 days"):
        services.issue_token(
            person=person("mina@example.test"), name="x", scope=Scope.READ, days=days, face=Face.API
        )


def test_a_session_needs_the_csrf_token_and_a_bearer_does_not() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person("mina@example.test"))
    assert client.patch("/api/v1/me/", {"name": "X"}, "application/json").status_code == 403
    _, header = token()
    strict = Client(enforce_csrf_checks=True)
    assert strict.patch("/api/v1/me/", {"name": "X"}, "application/json", headers=header).status_code == 200


def test_who_is_in_no_team_holds_nothing() -> None:
    team("orders")
    _, header = token()
    assert Client().get("/api/v1/me/", headers=header).json()["teams"] == []
