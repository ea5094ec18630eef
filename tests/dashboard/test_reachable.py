"""Every page is found by following links from the first one; what is not says why."""

import re
from collections import Counter, deque
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, get_resolver, resolve
from django.urls.resolvers import URLResolver

from rollouts.contracts.models import Consumer, Contract, ContractVersion
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, rollout, running, world

pytestmark = pytest.mark.django_db

# So many pages of a kind are opened: they link alike.
ALIKE = 2
LINK = re.compile(r'<(?:a|link)\b[^>]*?\bhref="([^"]+)"')
# Signing out ends the walk; public pages are read from copies, and tests/statuspages follows their links.
SHUT = {"account_logout", "statuspages:default"}
ELSEWHERE = {
    "statuspages:default-json": "linked by the public index",
    "statuspages:default-feed": "linked by the public index",
    "healthz": "asked by machines",
    "readyz": "asked by machines",
    "metrics": "asked by machines",
    "engines:all_flags": "an API for flags",
    "api-index": "the root of the API, for programs; the menu leads to its description",
    "notifications:slack_link": "Slack shows its address, with a key for one person",
    "account_signup": "for people who are not signed in",
    "account_reset_password_done": "a step after another page",
    "account_reset_password_from_key_done": "a step after another page",
    "account_confirm_login_code": "a step after another page",
    "account_email_verification_sent": "a step after another page",
    "account_inactive": "a step after another page",
    "account_reauthenticate": "a step before another page",
    "account_set_password": "for accounts without a password",
}
"""Pages that no link leads to, and why."""


@pytest.fixture
def there() -> World:
    """One of everything that links to something, seen by an administrator."""
    found = world()
    running(found)
    rollout(found, "orders-v4")
    contract = Contract.objects.create(
        slug="orders-api", provider=found.orders, name="Orders", format="openapi"
    )
    ContractVersion.objects.create(contract=contract, version="3")
    Consumer.objects.create(service=found.orders, contract=contract, uses="3")
    Source.objects.create(slug="prom", name="prom", team=found.owners, environment=found.production)
    now = database_now()
    Freeze.objects.create(
        name="Peak", team=found.owners, starts_at=now, ends_at=now.replace(year=now.year + 1)
    )
    found.mina.is_staff = True
    found.mina.save()
    return found


def pages_without_parameters() -> dict[str, str]:
    """Name and address of every page that needs nothing to be asked for; not those of the API."""
    found: dict[str, str] = {}

    def walk(patterns: list[Any], space: str, prefix: str) -> None:
        for each in patterns:
            address = f"{prefix}{each.pattern}"
            if isinstance(each, URLResolver):
                walk(each.url_patterns, f"{space}{each.namespace}:" if each.namespace else space, address)
            elif each.name and "<" not in address and not space.startswith("api:"):
                found[f"{space}{each.name}"] = f"/{address}"

    walk(get_resolver().url_patterns, "", "")
    return found


def followed(client: Client, start: str) -> set[str]:
    """The names of all pages that links lead to, from page to page."""
    todo, named, opened = deque([start]), set(), Counter[str]()
    known = {start}
    while todo:
        path = todo.popleft()
        name = resolve(path).view_name
        opened[name] += 1
        if opened[name] > ALIKE or name in SHUT:
            named.add(name)
            continue
        answer = client.get(path)
        assert answer.status_code in (200, 301, 302), f"{path} answers {answer.status_code}"
        named.add(name)
        html = "html" in answer.get("Content-Type", "") and not answer.streaming
        hrefs = LINK.findall(answer.content.decode()) if html else []
        for href in [*map(unescape, hrefs), *([answer["Location"]] if answer.has_header("Location") else [])]:
            target = urlsplit(urljoin(path, href))
            if target.netloc in ("", "testserver") and target.path not in known and leads(target.path):
                known.add(target.path)
                todo.append(target.path)
    return named


def leads(path: str) -> bool:
    """Whether a page stands there; files of the style do not."""
    if path.startswith("/static/"):
        return False
    try:
        return bool(resolve(path))
    except Resolver404:
        raise AssertionError(f"A link leads to {path}, where nothing is.") from None


def test_every_page_is_found_by_following_links(there: World) -> None:
    client = signed_in(there.mina)
    pages = pages_without_parameters()
    named = followed(client, "/")
    lost = {name: path for name, path in pages.items() if name not in named and name not in ELSEWHERE}
    lost = {name: path for name, path in lost.items() if client.get(path).status_code != 405}
    assert lost == {}
    assert ELSEWHERE.keys() & named == set(), "found by links all the same"
    assert ELSEWHERE.keys() - pages.keys() == set()
