"""Pages ask the database the same number of questions, however many rows they show."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Delivery
from rollouts.approvals.models import Delegation, Policy
from rollouts.audit.values import Face
from rollouts.catalog.models import Environment, Service
from rollouts.decisions import services
from rollouts.decisions.machine.values import Action
from rollouts.escalations.models import Cover, EscalationPolicy, Run
from rollouts.escalations.values import read_line
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze
from rollouts.reviews.models import Review
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, decide, draft, plan_text, rollout, running, world

pytestmark = pytest.mark.django_db

Grow = Callable[[World, int], None]
DAY = timedelta(days=1)
LEVELS = [{"wait_s": 600, "targets": [{"kind": "on_call", "name": "orders"}]}]


@pytest.fixture
def there() -> World:
    return world()


def freeze(there: World, number: int) -> None:
    now = database_now()
    for begins in (now, now - 9 * DAY):
        made = Freeze.objects.create(
            name=f"Freeze {number}", team=there.owners, environment=there.production,
            starts_at=begins, ends_at=begins + DAY,
        )  # fmt: skip
        made.services.add(there.orders)


def policy(there: World, number: int) -> None:
    where = Environment.objects.create(slug=f"place-{number}", name=f"Place {number}", order=number)
    Policy.objects.create(environment=where, quorum=1, roles=["approver"], teams=["orders"])


def delegation(there: World, number: int) -> None:
    now, other = database_now(), person(f"other-{number}@example.test")
    for giver, taker in ((there.mina, other), (other, there.mina)):
        Delegation.objects.create(delegator=giver, delegate=taker, starts_at=now, ends_at=now + DAY)


def revision(there: World, number: int) -> None:
    """Another saved revision of one plan, with another change in it."""
    if not number:
        rollout(there)
        return
    text = plan_text().replace('title: "Orders v3"', f'title: "Orders v3, {number}"')
    services.save_plan(rollout="orders-v3", draft=draft(there, text), actor=there.mina.actor, face=Face.PAGE)


def escalation(there: World, number: int) -> None:
    row = running(there, f"orders-{number}")
    for at, state in enumerate(("active", "ended")):
        Run.objects.create(
            rollout=row, cause="halt", event_id=1000 + 2 * number + at, what="Halted.", state=state,
            policy={"name": "Orders", "slug": "orders", "repeat": 0, "levels": LEVELS},
            started_at=database_now(), ended_at=database_now() if at else None,
            due_at=None if at else database_now() + DAY,
        )  # fmt: skip


def ladder(there: World, number: int) -> None:
    other = person(f"other-{number}@example.test")
    made = EscalationPolicy.objects.create(
        slug=f"ladder-{number}", name=f"Ladder {number}", team=there.owners,
        levels=[{"wait_s": 600, "targets": [read_line("on-call orders"), read_line(other.email)]}],
    )  # fmt: skip
    covered = Service.objects.create(slug=f"covered-{number}", name="Covered", team=there.owners)
    Cover.objects.create(policy=made, service=covered)


def delivery(there: World, number: int) -> None:
    row = rollout(there, f"orders-{number}")
    for at, state in enumerate(("failed", "sent", "pending")):
        Delivery.objects.create(
            key=f"{number}-{at}", way="email", target="ops@example.test", thread=f"{number}", kind="update",
            priority=5, rollout=row.slug, payload={}, state=state, created_at=database_now(),
            due_at=database_now() if state == "pending" else None,
        )  # fmt: skip


def review(there: World, number: int) -> None:
    now = database_now()
    row = rollout(there, f"orders-{number}")
    Review.objects.create(rollout=row, cause="completed", author=there.mina, due_at=now + DAY, opened_at=now)


def asked(there: World, number: int) -> None:
    """A rollout that waits for a vote, and one that runs."""
    rollout(there, f"asked-{number}")
    decide(there.mina, Action.PROPOSE, f"asked-{number}")
    running(there, f"runs-{number}")


@pytest.mark.parametrize(
    ("path", "grow"),
    [
        ("/?show=all", asked),
        ("/freezes/", freeze),
        ("/policies/", policy),
        ("/delegations/", delegation),
        ("/rollouts/orders-v3/plan/", revision),
        ("/rollouts/orders-v3/plan/edit/", revision),
        ("/rollouts/orders-v3/plan/compare/", revision),
        ("/escalations/", escalation),
        ("/escalations/policies/", ladder),
        ("/deliveries/", delivery),
        ("/deliveries/?show=all", delivery),
        ("/reviews/", review),
        ("/search/?q=orders", review),
    ],
)
def test_queries_do_not_grow_with_rows(
    there: World, path: str, grow: Grow, django_assert_num_queries: Any
) -> None:
    for number in range(2):
        grow(there, number)
    client = signed_in(there.mina)
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as few:
        client.get(path)
    for number in range(2, 8):
        grow(there, number)
    with django_assert_num_queries(len(few.captured_queries)):
        client.get(path)
