"""An alert in Slack: one card with its victims inside, drawn anew as it grows, settled by its end."""

from typing import Any

import pytest

from demo.slack.server import LocalSlack
from notifications.models import Delivery
from rollouts.accounts.models import Team
from rollouts.catalog.models import Service
from tests.accounts.factories import person
from tests.health.factories import team as owners
from tests.health.graphs import CALLED_FAILING, FAILING_DB, WELL, composed, counts, failing, shop, well
from tests.notifications import factories as f
from tests.notifications.test_alerts import follow

pytestmark = pytest.mark.django_db(transaction=True)


def words(message: Any) -> str:
    """All that a reader sees, without the buttons."""
    parts = []
    for block in message["blocks"]:
        texts = [block.get("text"), *block.get("elements", ())]
        parts += [each["text"] for each in texts if each and isinstance(each.get("text"), str)]
    return "\n".join(parts)


def buttons(message: Any) -> dict[str, str]:
    return {
        each["text"]["text"]: each["url"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for each in block["elements"]
    }


def test_one_card_with_its_victims_in_order_is_settled_when_it_is_over(slack: LocalSlack) -> None:
    here = shop()
    Team.objects.filter(pk=owners().pk).update(on_call=person("noor@example.test"), slack_channel="shop")
    Service.objects.filter(slug="db").update(runbook="https://runbooks.example/db")
    failing(here, [0, 1, 2])
    follow()
    f.pump_all()
    card = Delivery.objects.get(card="alert", of=None)
    assert (card.target, card.kind, card.state, card.rollout) == ("#shop", "halt", "sent", "")
    said = words(card.payload)
    assert "Alert P1: Db in production" in said
    assert "*Suffer from it:* Web (tier 0), Api (tier 1)" in said
    assert "*Looks:* Noor" in said
    assert "open alerts" not in said
    assert card.payload["text"] == (
        "Alert P1: Db in production. 7.5 % of 160 requests failed; the limit is 1 %. "
        "Suffer from it: Web (tier 0), Api (tier 1)."
    )
    assert {
        name: link.partition("//")[2].partition("/")[2] for name, link in buttons(card.payload).items()
    } == {
        "Open the map": "graph/?environment=production&culprit=db",
        "Open Db": "services/db/",
        "Runbook": "db",
    }
    well(here, range(3, 12))
    follow()
    f.pump_all()
    card.refresh_from_db()
    (end,) = card.redraws.all()
    assert (card.settled, end.state) == (True, "sent")
    assert "Over: Db in production" in words(end.payload)
    assert "It hurt Web (tier 0), Api (tier 1)." in words(end.payload)
    assert buttons(end.payload) == {}
    (shown,) = slack.messages("#shop")
    assert shown["text"].startswith("Over: Db in production. Db is well again. It took ")


def test_it_is_drawn_anew_when_more_suffer_and_says_its_place_among_others(slack: LocalSlack) -> None:
    here = shop()
    for number in (0, 1):
        counts(
            here,
            number,
            served={**WELL, "db": (6, 80), "rec": (20, 50)},
            called={("web", "api"): (0, 100), ("web", "rec"): (2, 5), ("api", "rec"): (0, 1)},
        )
        composed(here)
    failing(here, [2, 3])
    follow()
    f.pump_all()
    cards = {each.payload["text"].split(".")[0]: each for each in Delivery.objects.filter(card="alert")}
    assert len(cards) == 2
    grown = next(each for name, each in cards.items() if "Db" in name)
    newest = grown.redraws.order_by("-pk").first()
    assert newest is not None
    assert "Web (tier 0)" in words(newest.payload)
    assert "Number 1 of 2 open alerts by business impact." in words(newest.payload)
    assert grown.settled is False


def test_without_slack_there_is_no_card_and_the_mail_says_it(settings: Any) -> None:
    settings.SLACK_BOT_TOKEN = ""
    here = shop()
    Team.objects.filter(pk=owners().pk).update(on_call=person("noor@example.test"))
    for number in (0, 1):
        counts(here, number, served=FAILING_DB, called=CALLED_FAILING)
        composed(here)
    follow()
    assert {row.way for row in Delivery.objects.all()} == {"email"}
