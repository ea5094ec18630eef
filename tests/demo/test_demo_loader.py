"""The demo's data: made by the product's own services, with a past, and the same when it is loaded again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.loader import documents, organisation, stories, trials
from rollouts.audit.models import Event
from rollouts.audit.verify import verify
from rollouts.contracts.documents.difference import between
from rollouts.contracts.models import Contract, Statement
from rollouts.escalations.models import Run
from rollouts.evidence.models import Result
from rollouts.gates.models import Gate
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout, Stage
from rollouts.reviews.models import Review
from tests.demo.standing import standing


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "demo" / "secrets.json"
    monkeypatch.setenv("GATEHOUSE_DEMO_SECRETS", str(path))
    with standing(monkeypatch):
        yield path


@pytest.mark.django_db(transaction=True)
def test_the_demo_shows_a_rollout_in_every_state_and_loads_once(secrets: Path) -> None:
    organisation.establish()
    documents.establish()
    told = [story() for story in stories.STORIES]
    assert all(told)
    states = dict(Rollout.objects.order_by("pk").values_list("slug", "state"))
    assert states == {
        "notifications-one-mail": "completed",
        "invoicing-tax-rates": "completed",
        "invoicing-batches": "rolled_back",
        "shipping-carrier-labels": "halted",
        "checkout-express": "proposed",
        "orders-v3": "running",
    }
    unplanned = Stage.objects.filter(planned_end_at__isnull=True).exclude(rollout__state="proposed")
    assert not unplanned.exists(), "calendars and public timelines show planned and actual"
    halts = Event.objects.filter(kind="rollout.halted")
    assert [(database_now() - halt.at).total_seconds() > 3600 for halt in halts] == [True, True]
    assert {run.acknowledged_name for run in Run.objects.order_by("pk")} == {"Jonas Lindqvist"}
    reviews = dict(Review.objects.order_by("pk").values_list("rollout__slug", "state"))
    assert reviews == {
        "notifications-one-mail": "closed",
        "invoicing-tax-rates": "in_review",
        "invoicing-batches": "draft",
        "shipping-carrier-labels": "draft",
    }
    gates = Gate.objects.filter(rollout__slug="orders-v3", stage__number=1)
    settings = {gate.name: gate.settings for gate in gates}
    assert settings["reads"]["probe"] == "orders-reads-3"
    assert settings["answer-size"]["named"] == "answer-bytes"
    budget = gates.get(kind="error_budget")
    assert budget.verdict == "pass", budget.sentence
    assert "may burn 20 % of Orders answers" in budget.sentence
    orders = Contract.objects.get(slug="orders-api")
    split = between(orders, *orders.versions.order_by("version", "pk"))
    assert split.harmed == {"checkout": "no", "shipping": "yes", "invoicing": "no", "notifications": "no"}
    trials.establish()
    assert [row.kind for row in Result.objects.newest_first()] == ["drill", "contract_test"]
    assert Statement.objects.get(source="sign_off").readiness == "ready"
    assert verify().faults == []
    before = Event.objects.count()
    organisation.establish()
    documents.establish()
    assert [story() for story in stories.STORIES] == [""] * len(stories.STORIES)
    trials.establish()
    assert Event.objects.count() == before
    assert secrets.stat().st_mode & 0o077 == 0
