"""An outsider breaks the new version in any way at any stage, or stops the scraping; Gatehouse holds.

Set GATEHOUSE_JOURNEYS=all for all nine ways; the test run takes each way and each stage once.
"""

import os

import pytest

from tests.journeys.plans import orders
from tests.journeys.product import Product
from tests.waiting import wait_for

pytestmark = [pytest.mark.xdist_group("journeys"), pytest.mark.timeout(420)]

WAYS, STAGES = ("slow", "errors", "dead"), (1, 2, 3)
EACH_ONCE = [("slow", 3), ("errors", 1), ("dead", 2)]
EVERY = [(way, stage) for way in WAYS for stage in STAGES]
BOTH = ("mina.okafor", "noor.haddad")


def begin(product: Product, slug: str) -> None:
    """A rollout of orders, from its plan to the first stage."""
    product.fleet("mend")
    answer = product.api(
        "sofia.brandt",
        "PUT",
        f"rollouts/{slug}/plan/",
        content=orders(slug),
        headers={"Content-Type": "application/yaml"},
    )
    assert answer.status_code in (200, 201), answer.text
    ok(product, "sofia.brandt", slug, "propose", reason="All callers are ready.")
    for name in BOTH:
        ok(product, name, slug, "approve")
    for gate in product.gates(slug):
        for item in gate["items"]:
            told = product.api(
                "mina.okafor", "POST", f"gates/{gate['id']}/ticks/", json={"item": item["name"]}
            )
            assert told.status_code < 300, told.text
    ok(product, "sofia.brandt", slug, "start")
    product.flag(slug)


def ok(product: Product, name: str, slug: str, action: str, **more: object) -> None:
    answer = product.decide(name, slug, action, **more)
    assert answer.status_code < 300, answer.text


def reach(product: Product, slug: str, stage: int) -> None:
    """Bakes and promotes until `stage` is entered, and traffic flows there."""
    for number in range(2, stage + 1):
        ready(product, slug, number - 1)
        if number == 2:
            shipping_gets_ready(product, slug)
        approvers = BOTH if number == 3 else BOTH[:1]
        for name in approvers:
            ok(product, name, slug, "approve", stage=number)
        ok(product, "sofia.brandt", slug, "promote", stage=number)
    wait_for(lambda: product.share() > 0.03, "traffic on the new version")


def shipping_gets_ready(product: Product, slug: str) -> None:
    """The second stage waits for who cannot read what it answers, until shipping tested that it can."""

    def readers() -> dict[str, object]:
        return next(gate for gate in product.gates(slug) if gate["name"] == "readers-ready")

    wait_for(lambda: readers()["sentence"] != "Not judged yet.", lambda: product.story(slug), 40)
    if readers()["verdict"] != "pass":  # nobody was here before
        assert readers()["sentence"] == "3 breaks shipping (address), which is not ready."
        refused = product.decide("sofia.brandt", slug, "promote", stage=2)
        assert refused.status_code == 409, refused.text
        assert product.test_shipping()["failed"] == 0
    wait_for(lambda: readers()["verdict"] == "pass", lambda: product.story(slug), 40)


def ready(product: Product, slug: str, stage: int) -> None:
    wait_for(lambda: state_of(product, slug, stage) == "ready", lambda: product.story(slug), 90)


def state_of(product: Product, slug: str, stage: int) -> str:
    rollout = product.rollout(slug)
    assert rollout["state"] == "running", rollout
    return str(rollout["stages"][stage - 1]["state"])


@pytest.mark.parametrize(
    ("way", "stage"), EVERY if os.environ.get("GATEHOUSE_JOURNEYS") == "all" else EACH_ONCE
)
def test_whatever_breaks_is_halted_and_rolled_back(product: Product, way: str, stage: int) -> None:
    slug = f"orders-{way}-{stage}"
    begin(product, slug)
    reach(product, slug, stage)

    product.fleet(way)
    halted = wait_for(lambda: product.rollout(slug)["state"] == "halted", f"{way} is halted", 60)
    assert halted
    event = next(one for one in product.events(slug) if one["kind"] == "rollout.halted")
    assert event["content"]["stage"] == stage
    assert event["actor"] == "Gatehouse"
    assert event["content"]["shown"]["gate"] in {"errors", "latency"}
    # on_halt: the first stage takes everything back, the others the share of the stage before.
    most = {1: 0.0, 2: 0.25, 3: 0.7}[stage]
    wait_for(lambda: product.share() <= most, "the callers follow the halt", 20)

    ok(product, "jonas.lindqvist", slug, "roll_back", reason="Broken.")
    wait_for(lambda: product.rollout(slug)["state"] == "rolled_back", "the measured exposure is 0", 60)
    assert product.share() == 0
    product.fleet("mend")


def test_without_measurements_it_holds_and_never_halts(product: Product) -> None:
    slug = "orders-silent"
    begin(product, slug)
    wait_for(lambda: product.share() > 0.03, "traffic on the new version")
    product.fleet("stop-scraping")
    wait_for(lambda: product.rollout(slug)["state"] == "held", "it is held", 90)
    assert product.rollout(slug)["held_for"] == "no_data"
    assert "no_data" in {gate["verdict"] for gate in product.gates(slug) if gate["stage"] == 1}
    product.fleet("scrape")
    wait_for(lambda: product.rollout(slug)["state"] == "running", "data lift the hold", 60)
    ready(product, slug, 1)
    assert "rollout.halted" not in {event["kind"] for event in product.events(slug)}
    ok(product, "mina.okafor", slug, "halt", reason="Enough seen.")
    ok(product, "jonas.lindqvist", slug, "roll_back", reason="Enough seen.")
    wait_for(lambda: product.rollout(slug)["state"] == "rolled_back", "rolled back", 60)
