"""Measured impact beside the same hours before the rollout, and charts of gates that know no limit."""

from datetime import timedelta

import pytest

from rollouts.gates.models import Baseline
from rollouts.reviews.models import Review
from rollouts.reviews.pages.charts import charts
from rollouts.reviews.state import remeasure
from tests.dashboard.test_rollout_page import signed_in
from tests.health.factories import EPOCH, service
from tests.reviews import factories as make

pytestmark = pytest.mark.django_db
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


def before(review: Review, back: timedelta, *, error: str = "") -> None:
    """Two of a hundred failed in every window of the rollout's minute, so long before."""
    begins = EPOCH - back
    counts = [] if error else [[int(begins.timestamp()) + 5 * n, 2, 100, None] for n in range(12)]
    told = {"counts": counts, "error": error, "source": "" if error else "Gatehouse", "recorded_at": EPOCH}
    # Its start asked for it already.
    rows = Baseline.objects.filter(rollout=review.rollout, service=service(), signal="errors", back=back)
    assert rows.update(begins_at=begins, ends_at=begins + DAY, step_s=5, due_at=None, **told) == 1


def test_the_row_of_all_versions_says_what_the_same_hours_were_before() -> None:
    make.measured()
    people = make.cast()
    review = make.opened(people)
    before(review, DAY)
    before(review, WEEK, error="Nobody watched.")
    remeasure(review, now=EPOCH + timedelta(minutes=5))
    whole = next(row for row in review.impact["rows"] if row["version"] == "")
    day, week = whole["earlier"]
    assert (day["days"], day["numerator"], day["denominator"], day["share"]) == (1, 24, 1200, 0.02)
    assert (week["days"], week["share"], week["why_none"]) == (7, None, "Nobody watched.")
    assert all("earlier" not in row for row in review.impact["rows"] if row["version"])
    page = " ".join(signed_in(people.author).get(review.get_absolute_url()).content.decode().split())
    assert "The day before, same hours: <b>2.00" in page
    assert "The week before, same hours: no data. Nobody watched." in page


def test_a_gate_without_a_limit_is_drawn_without_one() -> None:
    make.measured()
    review = make.opened(make.cast())
    for line in review.impact["lines"]:
        line["limit"] = None
    assert [chart["limit"] for chart in charts(review, [])] == [None]
