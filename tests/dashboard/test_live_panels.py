"""Panels in a browser: they follow within 15 s, wait for who works in them, and draw charts on demand."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from rollouts.decisions.machine.values import Action
from tests.accounts.factories import person
from tests.dashboard.test_health_panel import measured
from tests.dashboard.test_phone import sign_in
from tests.decisions.factories import World, decide, ready, world

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.django_db(transaction=True)
INTERVAL_MS = 15_000


@pytest.fixture
def watched(page: "Page") -> "Iterator[Page]":
    """A page whose clock the test moves; it fails when a script fails or the content policy is broken."""
    problems: list[str] = []
    page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.clock.install()
    yield page
    assert not problems, problems


def opened(page: "Page", url: str) -> World:
    """The page of a rollout whose first stage is ready, as one who may decide there."""
    there = world()
    ready(there)
    sign_in(page, there.priya, url)
    page.goto(f"{url}/rollouts/orders-v3/")
    page.evaluate("window.sameDocument = true")
    return there


def test_panel_changes_within_15_s_without_a_reload(watched: "Page", live_server: Any) -> None:
    there = opened(watched, live_server.url)
    head = watched.locator("#rollout_head")
    head.get_by_text("Running", exact=True).wait_for()
    decide(there.jonas, Action.HALT)
    watched.clock.run_for(INTERVAL_MS)
    head.get_by_text("Halted", exact=True).wait_for()
    watched.locator("#decision_bar").get_by_role("link", name="Resume").wait_for()
    assert watched.evaluate("window.sameDocument")


def test_panel_waits_while_a_control_in_it_has_focus_and_follows_after_blur(
    watched: "Page", live_server: Any
) -> None:
    there = opened(watched, live_server.url)
    bar = watched.locator("#decision_bar")
    promote = bar.get_by_role("link", name="Approve and promote to stage 2")
    promote.focus()
    decide(there.jonas, Action.HALT)
    for _ in range(2):
        watched.clock.run_for(INTERVAL_MS)
    watched.locator("#rollout_head").get_by_text("Halted", exact=True).wait_for()
    assert promote.is_visible()
    assert not bar.get_by_role("link", name="Resume").is_visible()
    promote.blur()
    watched.clock.run_for(INTERVAL_MS)
    bar.get_by_role("link", name="Resume").wait_for()
    assert not promote.is_visible()


def measured_page(page: "Page", url: str) -> None:
    """The page of a rollout with measured health."""
    from rollouts.lib.clock import database_now

    rollout = measured(database_now())
    sign_in(page, person("mina@example.test"), url)
    page.goto(f"{url}{rollout.get_absolute_url()}")


def test_chart_is_fetched_and_drawn_when_it_is_asked_for_and_put_back(
    watched: "Page", live_server: Any
) -> None:
    asked: list[str] = []
    watched.on("request", lambda request: asked.append(request.url))
    measured_page(watched, live_server.url)
    figure = watched.locator("#health figure").first
    figure.scroll_into_view_if_needed()
    assert not any("plotly-basic" in url or "/figure/" in url for url in asked)
    figure.get_by_role("link", name="Interactive chart").click()
    figure.locator(".main-svg").first.wait_for()
    assert any(url.endswith("/figure/") for url in asked)
    figure.get_by_role("link", name="Back to the picture").click()
    figure.locator("svg[role=img]").wait_for()
    assert figure.locator(".main-svg").count() == 0


def test_chart_without_scripts_leads_to_a_page_with_every_window(
    browser: "Browser", live_server: Any
) -> None:
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        measured_page(page, live_server.url)
        page.locator("#health").get_by_role("link", name="Interactive chart").first.click()
        page.get_by_role("heading", name="Errors of orders").wait_for()
        assert page.locator("figure table tbody tr").count() >= 85
