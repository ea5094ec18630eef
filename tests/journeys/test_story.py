"""The whole story in a browser: from a plan file to the review, with what outsiders read at every step."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.journeys.plans import orders
from tests.journeys.product import Product
from tests.waiting import wait_for

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(600)]
SLUG = "orders-story"
PASSWORD = "fernhill-demo"


class Person:
    """A member of the cast with a browser of their own."""

    def __init__(self, page: "Page", product: Product, name: str) -> None:
        self.page = page
        self.product = product
        page.goto(f"{product.url}/accounts/login/")
        page.locator("[name=login]").fill(f"{name}@fernhill.example")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("[name=password]").press("Enter")
        page.wait_for_url(f"{product.url}/")

    def open(self, path: str = f"rollouts/{SLUG}/") -> None:
        self.page.goto(f"{self.product.url}/{path}")

    def decide(self, link: str, button: str, reason: str = "") -> None:
        """Follows the link on the rollout's page, and confirms."""
        self.open()
        self.page.get_by_role("link", name=link).first.click()
        if reason:
            self.page.locator("#confirmation textarea").first.fill(reason)
        self.page.get_by_role("button", name=button).click()
        self.page.wait_for_url(f"{self.product.url}/rollouts/{SLUG}/")


@pytest.fixture
def people(browser: "Browser", product: Product) -> Iterator[dict[str, Person]]:
    """Sofia at her desk; Mina and Noor with phones; all at once."""
    contexts = []

    def person(name: str, width: int) -> Person:
        context = browser.new_context(viewport={"width": width, "height": 844})
        context.set_default_timeout(20_000)
        contexts.append(context)
        return Person(context.new_page(), product, name)

    yield {
        "sofia": person("sofia.brandt", 1440),
        "mina": person("mina.okafor", 390),
        "noor": person("noor.haddad", 390),
    }
    for context in contexts:
        context.close()


def public(product: Product, *words: str) -> None:
    """What outsiders read says so within a few seconds, without a session."""

    def says() -> bool:
        text = product.http.get(f"{product.url}/status/main/{SLUG}/").text
        plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
        return all(word in plain for word in words)

    wait_for(says, f"the public page says {words}", 30)


def stage(product: Product, number: int, state: str) -> None:
    wait_for(
        lambda: product.rollout(SLUG)["stages"][number - 1]["state"] == state,
        lambda: product.story(SLUG),
        120,
    )


def readers(product: Product) -> str:
    """Whether everybody can read what the new version answers."""
    return next(str(gate["verdict"]) for gate in product.gates(SLUG) if gate["name"] == "readers-ready")


def test_the_whole_story(people: dict[str, Person], product: Product, tmp_path: Path) -> None:
    sofia, mina, noor = people["sofia"], people["mina"], people["noor"]
    product.fleet("mend")

    # A plan file, applied; proposed; agreed by two others on their phones.
    plan = tmp_path / "plan.yaml"
    plan.write_bytes(orders(SLUG, bake="15s"))
    assert "Saved as revision 1" in product.manage("plan", "apply", str(plan))
    sofia.decide("Propose", "Propose", "All callers are ready.")
    public(product, "New order address format")
    mina.decide("Approve", "Approve")
    noor.decide("Approve", "Approve")
    assert product.rollout(SLUG)["state"] == "approved"
    for gate in product.gates(SLUG):
        for item in gate["items"]:
            mina.open()
            mina.page.goto(f"{product.url}/rollouts/{SLUG}/gates/{gate['id']}/tick/?item={item['name']}")
            mina.page.get_by_role("button", name="Yes, it is done").click()
    sofia.decide("Start", "Start")
    product.flag(SLUG)

    # It bakes on live traffic, and is promoted.
    stage(product, 1, "baking")
    public(product, "One order in ten")
    stage(product, 1, "ready")
    sofia.page.goto(product.place("fleet"))
    sofia.page.get_by_role("button", name="Test it").click()
    sofia.page.get_by_text("sent to Gatehouse").wait_for()
    wait_for(lambda: readers(product) == "pass", lambda: product.story(SLUG), 40)
    mina.decide("Approve stage 2", "Approve stage 2")
    sofia.decide("Promote to stage 2", "Promote to stage 2")
    assert product.rollout(SLUG)["granted"]["orders"]["percent"] == 50
    public(product, "Every second order")
    wait_for(lambda: product.share() > 0.3, "half of the calls go to the new version", 40)

    # An outsider breaks it, on the fleet's own page; Gatehouse halts by itself.
    sofia.page.goto(product.place("fleet"))
    sofia.page.get_by_role("button", name=re.compile("errors|failing", re.IGNORECASE)).first.click()
    wait_for(lambda: product.rollout(SLUG)["state"] == "halted", lambda: product.story(SLUG), 60)
    mina.open()
    mina.page.locator("#rollout_head").get_by_text("Halted", exact=True).wait_for()
    public(product, "Stopped")

    # The local Slack has the message, and the escalation; Mina acknowledges there.
    slack = mina.page
    slack.goto(product.place("slack"))
    slack.get_by_label("You are").select_option(label="Mina Okafor")
    slack.get_by_role("button", name="Switch").click()
    wait_for(lambda: _acknowledge(slack, product), "an Acknowledge button in the local Slack", 40, 1)
    wait_for(
        lambda: "escalation.acknowledged" in {event["kind"] for event in product.events(SLUG)},
        lambda: product.story(SLUG),
        40,
    )

    # Rolled back, measured to 0.
    mina.decide("Roll back", "Roll back", "The errors of 3.0.0.")
    wait_for(lambda: product.rollout(SLUG)["state"] == "rolled_back", lambda: product.story(SLUG), 90)
    assert product.share() == 0
    public(product, "Taken back")

    # The review has written half of itself.
    sofia.open(f"reviews/{SLUG}/")
    text = sofia.page.locator("main").inner_text()
    assert "Gatehouse halted the rollout at stage 2" in text
    assert re.search(r"\d+ of \d+", text), text
    product.fleet("mend")


def _acknowledge(slack: "Page", product: Product) -> bool:
    """Looks through the channels for the button, and presses it."""
    slack.goto(product.place("slack"))
    rooms = [link.get_attribute("href") for link in slack.locator("nav a[href^='/c/']").all()]
    for room in rooms:
        slack.goto(f"{product.place('slack')}{room}")
        buttons = slack.get_by_role("button", name="Acknowledge")
        if buttons.count():
            buttons.first.click()
            if slack.locator("main.ask").count():
                slack.locator("main.ask button").first.click()
            return True
    return False
