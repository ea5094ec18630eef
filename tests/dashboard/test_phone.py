"""Deciding on a phone of 390 px, with scripts and without, under the content policy."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.approvals.models import Vote
from rollouts.plans.models import Rollout
from tests.decisions.factories import ready, world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def phone(browser: "Browser", request: pytest.FixtureRequest) -> "Iterator[Page]":
    """A page at 390 px; it fails when the content policy is broken or a script fails."""
    opened = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=request.param)
    opened.set_default_timeout(15_000)
    page = opened.new_page()
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    opened.close()
    assert not problems, problems


def sign_in(page: "Page", who: Person, url: str) -> None:
    """Puts the session of `who` into the browser."""
    client = Client()
    client.force_login(who)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])


def test_approve_promote_and_halt_by_thumb(phone: "Page", live_server: Any) -> None:
    there = world()
    ready(there)
    sign_in(phone, there.priya, live_server.url)
    phone.goto(f"{live_server.url}/rollouts/orders-v3/")
    dock = phone.locator("#decision_dock")
    dock.get_by_role("link", name="Approve and promote to stage 2").click()
    phone.get_by_role("button", name="Approve and promote to stage 2").click()
    phone.get_by_text("Granted now: 50 %").or_(phone.get_by_text("50 % granted")).first.wait_for()
    assert Rollout.objects.get().stage == 2
    dock.get_by_role("link", name="Halt").click()
    phone.get_by_role("button", name="Halt now").click()
    phone.locator("#rollout_head").get_by_text("Halted", exact=True).wait_for()
    assert Rollout.objects.get().state == "halted"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def test_link_of_a_request_leads_to_one_screen_and_two_taps(phone: "Page", live_server: Any) -> None:
    there = world()
    ready(there)
    sign_in(phone, there.priya, live_server.url)
    phone.goto(f"{live_server.url}/rollouts/orders-v3/?stage=2")
    phone.get_by_role("heading", name="Promote to stage 2: Half?").wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    dock = phone.locator(".bottom")
    assert dock.get_by_role("link", name="Halt").is_visible()
    dock.get_by_role("link", name="Approve and promote").click()
    phone.get_by_label("Why?").fill("The numbers are good.")
    phone.get_by_role("button", name="Approve and promote to stage 2").click()
    phone.locator("#rollout_head").wait_for()
    assert Rollout.objects.get().stage == 2
    assert Vote.objects.get(request__stage=2).reason == "The numbers are good."
