"""The page that requests for an approval lead to: what is asked, what moves, the evidence, the votes."""

import re
from typing import Any

import pytest

from rollouts.approvals.models import Vote
from rollouts.audit.values import Face
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.lib.clock import database_now
from rollouts.lib.inbox import items_for
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, decide, plan_text, ready, rollout, running, world

pytestmark = pytest.mark.django_db
PAGE = "/rollouts/orders-v3/approval/"


@pytest.fixture
def there() -> World:
    return world()


def page(who: Any, query: str = "") -> str:
    """The page as this person reads it, without its markup."""
    answer = signed_in(who).get(f"{PAGE}{query}")
    assert answer.status_code == 200
    text = answer.content.decode()
    text = text[text.index("<main") : text.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", text).replace("\xa0", " ").split())


def offers(who: Any, query: str = "") -> list[str]:
    """The decisions that the page offers, in their order."""
    text = signed_in(who).get(f"{PAGE}{query}").content.decode()
    return re.findall(r'href="/rollouts/orders-v3/decide/(\w+)/', text)


def test_stage_that_is_ready_shows_question_fork_evidence_and_what_comes(there: World) -> None:
    ready(there)
    text = page(there.priya, "?stage=2")
    for part in (
        "Promote to stage 2: Half?",
        "One approval is needed: yours, for Orders.",
        "Your approval starts the promotion.",
        "Now 10 %",
        "After 50 %",
        "1 min to go back",
        "Evidence",
        "Approved",
        "0 of 1 approved.",
        "Entered, stage 2 grants 50 %.",
        "Then comes stage 3, All: 100 %.",
        "Checked again when you tap.",
    ):
        assert part in text, part
    assert offers(there.priya, "?stage=2")[-2:] == ["approve_and_promote", "halt"]
    assert "approve" in offers(there.priya, "?stage=2")


def test_quorum_of_two_says_which_vote_is_the_last(there: World) -> None:
    ready(there, quorum=2)
    assert "0 of 2 approvals are given" in page(there.priya, "?stage=2")
    decide(there.priya, Action.APPROVE, stage=2)
    assert "You are the last of 2 approvals" in page(there.jonas, "?stage=2")
    assert "You have voted." in page(there.priya, "?stage=2")
    assert offers(there.priya, "?stage=2")[-1] == "halt"
    assert "Approved" in page(there.jonas, "?stage=2")


def test_plan_that_is_proposed_is_asked_about_with_its_stages(there: World) -> None:
    rollout(there)
    decide(there.mina, Action.PROPOSE)
    text = page(there.priya)
    assert "Approve revision 1 of the plan?" in text
    assert "The last approval lets the rollout start; no traffic moves by it." in text
    assert "A planner starts it, and stage 1, Canary, grants 10 %." in text
    assert offers(there.priya) == ["reject", "approve"]


def test_author_is_not_asked(there: World) -> None:
    rollout(there)
    decide(there.mina, Action.PROPOSE)
    assert "You wrote this plan; others approve it." in page(there.mina)
    assert "Mina you" not in page(there.mina)


def test_question_that_is_decided_offers_the_rollout(there: World) -> None:
    ready(there)
    decide(there.priya, Action.APPROVE, stage=2)
    decide(there.priya, Action.PROMOTE, stage=2)
    text = page(there.priya, "?stage=2")
    assert "No approval is asked for here, or it was decided already." in text
    assert "Open the rollout" in text


def test_who_calls_what_moves_stands_there_and_who_is_not_ready_above(there: World) -> None:
    from rollouts.catalog.models import Service
    from rollouts.contracts.models import Consumer, Contract, ContractVersion

    ready(there)
    shop = Service.objects.create(slug="checkout", name="Checkout", team=team("shop"), tier=1)
    contract = Contract.objects.create(slug="orders-api", name="Orders API", provider=there.orders)
    ContractVersion.objects.create(contract=contract, version="3.0.0", state="active")
    Consumer.objects.create(contract=contract, service=shop, uses="^2", readiness="not_ready")
    text = page(there.priya, "?stage=2")
    assert "1 service calls it" in text
    assert "Know before you tap: Checkout: not ready (uses ^2)." in text


def test_mail_and_slack_address_of_a_stage_leads_here(there: World) -> None:
    ready(there)
    answer = signed_in(there.priya).get("/rollouts/orders-v3/?stage=2")
    assert answer.status_code == 302
    assert answer["Location"] == f"{PAGE}?stage=2"


def test_page_answers_204_until_something_is_newer(there: World) -> None:
    ready(there)
    client = signed_in(there.priya)
    found = re.search(r'hx-get="([^"]+)"', client.get(f"{PAGE}?stage=2").content.decode())
    assert found
    address = found[1].replace("&amp;", "&")
    assert client.get(address).status_code == 204
    decide(there.jonas, Action.HALT)
    newer = client.get(address)
    assert newer.status_code == 200
    assert "The rollout is halted." in newer.content.decode()


def test_vote_on_a_halted_rollout_counts_on_the_page_and_moves_nothing(there: World) -> None:
    """The machine takes votes while a rollout is halted: page, home, API and Slack ask for what it takes."""
    ready(there)
    decide(there.jonas, Action.HALT)
    assert "approve" in offers(there.priya, "?stage=2")
    assert "approve_and_promote" not in offers(there.priya, "?stage=2")
    services.decide(
        rollout="orders-v3",
        command=services.Command(Action.APPROVE, stage=2),
        actor=there.priya.actor,
        face=Face.API,
    )
    assert Vote.objects.filter(request__stage=2, voided_at__isnull=True).count() == 1
    assert Rollout.objects.get().state == "halted"


@pytest.mark.parametrize("query", ["?stage=99", "?stage=0", "?stage=x", "?stage=-1"])
def test_odd_stages_are_answered_in_words(there: World, query: str) -> None:
    running(there)
    assert "Open the rollout" in page(there.mina, query) or "Half?" in page(there.mina, query)


def test_private_rollout_of_others_is_not_there(there: World) -> None:
    row = rollout(there, source=plan_text())
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    assert signed_in(person("eve@example.test")).get(PAGE).status_code == 404


def test_vote_that_is_asked_leads_to_its_page_and_names_the_team(there: World) -> None:
    ready(there)
    item = next(each for each in items_for(there.priya, database_now()) if "approve stage 2" in each.title)
    assert item.steps[0].href == "/rollouts/orders-v3/approval/?stage=2"
    assert "You vote for Orders." in item.sentence


def test_vote_on_a_halted_rollout_says_so_and_comes_after_the_halt(there: World) -> None:
    ready(there)
    decide(there.jonas, Action.HALT)
    found = items_for(there.priya, database_now())
    assert [each.title for each in found] == ["Orders v3 is halted", "Orders v3: approve stage 2, Half"]
    assert "The rollout is halted; a vote counts once it is resumed." in found[1].sentence
