"""Every named address of the product is visited, with something that is there: signed out, and signed in."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from rollouts.accounts.models import Person
from tests.house.furnished import furnish, named_routes

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

OPEN = {
    "api-index", "api-schema", "catalog:schema", "dashboard:theme", "healthz", "metrics", "plans:schema",
    "readyz",
}  # fmt: skip
"""What everybody may read; `metrics` tells strangers nothing unless the operator lets them."""
OWN_DOOR = (
    "engines:",
    "notifications:slack_",
    "statuspages:default",
    "statuspages:site",
    "statuspages:rollout",
)
"""Tokens, signatures, and pages for people without an account that show only what was published."""
LETTERS = {"statuspages:write", "statuspages:letter"}
HIDDEN = {"dashboard:tick": {"item": "a"}, "escalations:next": {"level": "1"}}
"""What a form names besides its address; without it there is nothing to be found."""
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def there() -> tuple[Person, dict[str, Any]]:
    return furnish()


def address(name: str, pattern: str, places: dict[str, Any]) -> str:
    """The route's address with what stands in the house for its parameters."""
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", pattern)
    chosen = {each: places.get(f"{name} {each}", places.get(each)) for each in wanted}
    missing = [each for each, value in chosen.items() if value is None]
    assert not missing, f"Furnish the house with a {missing[0]} for {name} ({pattern})."
    return reverse(name, kwargs=chosen)


def visits(places: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, method and address: pages are read and posted to, the API is asked what it has."""
    for name, pattern in sorted(named_routes().items()):
        path = address(name, pattern, places)
        api = getattr(resolve(path).func, "cls", None)
        methods = [each for each in METHODS if hasattr(api, each)] if api else ["get", "post"]
        yield from ((name, method, path) for method in methods)


def ask(client: Client, method: str, path: str, form: dict[str, str] | None = None) -> Any:
    """One request with an empty form, whose changes are taken back."""
    before = transaction.savepoint()
    if path.startswith("/api/") and method != "get":
        send: Callable[..., Any] = getattr(client, method)
        answer = send(path, data="{}", content_type="application/json")
    else:
        answer = (client.post if method == "post" else client.get)(path, form or {})
    transaction.savepoint_rollback(before)
    return answer


def test_nobody_gets_in_without_signing_in(there: tuple[Person, dict[str, Any]]) -> None:
    client = Client(raise_request_exception=False)
    wrong = []
    for name, method, path in visits(there[1]):
        if name in OPEN | LETTERS or name.startswith(OWN_DOOR):
            continue
        answer = ask(client, method, path)
        to_login = answer.status_code == 302 and "/accounts/login/" in answer["Location"]
        if not to_login and answer.status_code not in (401, 403, 405):
            wrong.append(f"{method} {path} ({name}): {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_everything_that_is_there_is_found_and_an_empty_form_breaks_nothing(
    there: tuple[Person, dict[str, Any]],
) -> None:
    admin, places = there
    client = Client(raise_request_exception=False)
    wrong = []
    client.force_login(admin)
    for name, method, path in visits(places):
        answer = ask(client, method, path, HIDDEN.get(name))
        missing = answer.status_code == 404 and not name.startswith(OWN_DOOR)
        if missing or answer.status_code >= 500:
            wrong.append(f"{method} {path} ({name}): {answer.status_code}")
    assert not wrong, "\n".join(wrong)
