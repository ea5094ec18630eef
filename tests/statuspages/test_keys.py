"""A request to readers' verbs that is sent again under the same Idempotency-Key acts once."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.audit.models import Event
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages.models import Feedback, Update
from tests.statuspages.factories import public_rollout, world

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/rollouts/orders-v3/"
UPDATE = {"text": "Half of all orders.", "public": True}


def send(path: str, body: dict[str, Any] | None = None, key: str = "k1", method: str = "post") -> Any:
    client = Client()
    client.force_login(world().mina)
    verb = getattr(client, method)
    return verb(f"{API}{path}", body or {}, content_type="application/json", headers={"Idempotency-Key": key})


def events(kind: str) -> int:
    return Event.objects.filter(kind=kind).count()


def test_an_update_is_posted_once() -> None:
    public_rollout()
    first, again = send("updates/", UPDATE), send("updates/", UPDATE)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (Update.objects.count(), events("rollout.update_posted")) == (1, 1)
    assert send("updates/", UPDATE, key="k2").json()["id"] != first.json()["id"]


def test_a_key_of_another_request_is_refused_and_nothing_is_posted() -> None:
    public_rollout()
    send("updates/", UPDATE)
    other = send("updates/", {**UPDATE, "text": "All orders."})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert Update.objects.get().text == UPDATE["text"]


def test_a_key_that_is_too_long_is_refused_in_words() -> None:
    public_rollout()
    long = send("updates/", UPDATE, key="k" * 201)
    assert (long.status_code, long.json()["code"]) == (400, "key_too_long")
    assert not Update.objects.exists()


def test_a_reader_is_answered_once() -> None:
    public_rollout()
    Client().post("/status/main/orders-v3/feedback/", {"text": "The printer reads the old line."})
    path, body = f"feedback/{Feedback.objects.get().pk}/answer/", {"text": "Fixed by noon.", "public": False}
    first, again = send(path, body), send(path, body)
    assert (again.status_code, again.json()) == (200, first.json())
    assert events("rollout.feedback_answered") == 1


def test_a_link_is_made_once_and_its_key_is_not_told_again() -> None:
    public_rollout(visibility="link")
    body = {"expires_at": (database_now() + timedelta(days=1)).isoformat()}
    first = send("link/", body)
    kept = Rollout.objects.get().link_key
    again = send("link/", body)
    assert (first.status_code, again.status_code, again.json()["code"]) == (201, 409, "shown_once")
    assert "new Idempotency-Key" in again.json()["remedy"]
    assert Rollout.objects.get().link_key == kept
    assert events("rollout.link_made") == 1


def test_a_link_is_revoked_once() -> None:
    public_rollout(visibility="link")
    send("link/", {"expires_at": (database_now() + timedelta(days=1)).isoformat()})
    answers = [send("link/", key="k2", method="delete").status_code for _ in range(2)]
    assert answers == [204, 204]
    assert send("link/", key="k3", method="delete").status_code == 422
    assert events("rollout.link_revoked") == 1
