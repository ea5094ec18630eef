"""What earlier reviews taught about a service stands where a plan touches it: on its plan and its rollout."""

from datetime import timedelta

import pytest

from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.reviews.models import Lesson, Review
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.factories import World, rollout, world

pytestmark = pytest.mark.django_db
PAGES = ["/rollouts/orders-v3/plan/", "/rollouts/orders-v3/"]


@pytest.fixture
def there() -> World:
    return world()


def taught(there: World, row: Rollout, title: str) -> None:
    """A lesson about orders from the review of a rollout."""
    now = database_now()
    review = Review.objects.create(
        rollout=row, cause="halt", opened_at=now, due_at=now + timedelta(days=7), author=there.mina
    )
    Lesson.objects.create(review=review, title=title, text="Ask support first.", at=now).services.add(
        there.orders
    )


@pytest.mark.parametrize("path", PAGES)
def test_plan_that_touches_a_service_shows_what_was_learned_about_it(there: World, path: str) -> None:
    taught(there, rollout(there, "orders-v2"), "Warm the cache before the first stage")
    rollout(there)
    text = signed_in(there.mina).get(path).content.decode()
    assert "Warm the cache before the first stage" in text
    assert 'href="/reviews/orders-v2/"' in text


@pytest.mark.parametrize("path", PAGES)
def test_lessons_of_private_rollouts_and_of_the_rollout_itself_stay_away(there: World, path: str) -> None:
    older = rollout(there, "orders-v2")
    taught(there, older, "A secret")
    Rollout.objects.filter(pk=older.pk).update(visibility="private")
    taught(there, rollout(there), "Its own")
    text = signed_in(there.mina).get(path).content.decode()
    assert "A secret" not in text
    assert "Its own" not in text
