"""The editor in a browser: problems appear while one types, and what is saved is what stands there."""

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from rollouts.plans.models import Revision
from tests.decisions.factories import plan_text, world

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


def test_problems_appear_while_one_types_and_go_when_mended(page: "Page", live_server: Any) -> None:
    there = world()
    client = Client()
    client.force_login(there.mina)
    cookie = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
    page.goto(f"{live_server.url}/plans/new/")
    area = page.get_by_label("Plan", exact=True)
    area.fill(plan_text().replace("percent: 10}", "percent: 200}"))
    checks = page.locator("#plan-checks")
    checks.get_by_text("percent is 200; it must be at most 100.").wait_for()
    area.fill(plan_text())
    checks.get_by_text("Every name is known in the catalog").wait_for()
    page.get_by_role("button", name="Save draft").click()
    page.get_by_role("heading", name="Plan: Orders v3").wait_for()
    assert bytes(Revision.objects.get().source) == plan_text().encode()
