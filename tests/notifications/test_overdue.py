"""What waits too long escalates: a stage and a decision, by the clock, level by level, on every face."""

from datetime import timedelta

import pytest
from django.test import Client
from rest_framework.test import APIClient

from demo.slack.server import LocalSlack
from rollouts.approvals.models import Policy, Request
from rollouts.audit.registry import due_work
from rollouts.audit.values import Face
from rollouts.decisions.machine.values import Action
from rollouts.escalations import services as escalations
from rollouts.escalations.models import Run
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout, Stage
from tests.decisions import factories as d
from tests.escalations import factories as e
from tests.notifications import factories as f

pytestmark = pytest.mark.django_db

LEVELS = ("#orders-on-call", "#platform-sre", "#everybody")


@pytest.fixture
def there() -> d.World:
    made = d.world()
    e.policy(*([channel] for channel in LEVELS))
    return made


def turn() -> None:
    """The ticker looks at everything that is due, until nothing is."""
    for _ in range(5):
        for work in due_work.values():
            for pk in work.due(database_now(), 100):
                work.run(pk)
    f.pump_all()


def overdue_stage(there: d.World) -> Rollout:
    """A stage that may take an hour, an hour later; nothing else has happened."""
    limited = d.plan_text().replace(
        "    on_halt: off\n", "    max_duration: 1h\n    on_overdue: escalate\n", 1
    )
    row = d.running(there, source=limited)
    turn()
    assert not Run.objects.exists(), "its time is not over"
    Stage.objects.filter(number=1).update(overdue_at=database_now() - timedelta(seconds=1))
    Rollout.objects.update(due_at=database_now())
    return row


def overdue_decision(there: d.World) -> Rollout:
    """A proposed plan on which nobody decides within its time."""
    lasts = timedelta(hours=24)
    Policy.objects.update(expires_after=lasts)
    row = d.rollout(there)
    d.decide(there.mina, Action.PROPOSE)
    turn()
    assert not Run.objects.exists(), "its time is not over"
    Request.objects.update(opened_at=database_now() - lasts, expires_at=database_now())
    Rollout.objects.update(due_at=database_now())
    return row


def asked_in(slack: LocalSlack) -> list[str]:
    """The channels whose newest message asks for an acknowledgement."""

    def asks(channel: str) -> bool:
        blocks = [block for message in slack.messages(channel)[:1] for block in message.get("blocks", [])]
        buttons = [each.get("action_id") for block in blocks for each in block.get("elements", [])]
        return "escalation.acknowledge" in buttons

    return [channel for channel in LEVELS if asks(channel)]


@pytest.mark.parametrize(
    ("begin", "cause", "words"),
    [
        (overdue_stage, "overdue_stage", "takes longer than it may"),
        (overdue_decision, "overdue_decision", "was not decided in time"),
    ],
)
def test_what_is_overdue_asks_level_1_2_and_3_in_page_api_and_slack(
    begin: object, cause: str, words: str, there: d.World, slack: LocalSlack
) -> None:
    assert callable(begin)
    begin(there)
    turn()
    run = Run.objects.get()
    assert run.cause == cause
    reader, api = Client(), APIClient()
    reader.force_login(there.priya)
    api.force_authenticate(there.priya)
    for level, channel in enumerate(LEVELS, start=1):
        run.refresh_from_db()
        assert (run.state, run.level) == ("active", level)
        told = api.get(f"/api/v1/escalations/{run.pk}/").json()
        assert (told["level"], told["cause"]) == (level, cause)
        assert [step["reached"][0]["name"] for step in told["steps"]] == list(LEVELS[:level])
        page = reader.get(run.get_absolute_url()).content.decode()
        assert words in page
        assert channel in page
        assert asked_in(slack)[-1:] == [channel]
        e.pass_wait(run)
        turn()
    assert run.state == "exhausted"
    assert "nobody has answered" in reader.get(run.get_absolute_url()).content.decode()


def test_promoting_ends_what_an_overdue_stage_asked(there: d.World, slack: LocalSlack) -> None:
    overdue_stage(there)
    turn()
    assert asked_in(slack) == ["#orders-on-call"]
    d.decide(there.priya, Action.APPROVE_AND_PROMOTE, stage=2)
    turn()
    assert Run.objects.get().state == "ended"
    assert asked_in(slack) == []


def test_who_acknowledges_at_level_2_keeps_level_3_quiet(there: d.World, slack: LocalSlack) -> None:
    overdue_decision(there)
    turn()
    run = Run.objects.get()
    e.pass_wait(run)
    turn()
    escalations.acknowledge(run=run.pk, actor=there.priya.actor, face=Face.API)
    turn()
    e.pass_wait(run)
    turn()
    assert asked_in(slack) == []
    assert slack.messages("#everybody") == []
