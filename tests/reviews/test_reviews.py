"""Reviews open by themselves, are written, read by another person, and closed with owned items."""

from datetime import timedelta

import pytest

from notifications.models import Delivery
from rollouts.audit import services as audit
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now
from rollouts.lib.learned import lessons_for, public_review
from rollouts.reviews import following, learning, queries, services
from rollouts.reviews.models import ActionItem, Review, SectionVersion
from tests.health.factories import EPOCH
from tests.reviews import factories as make

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(
        Event.objects.filter(kind__startswith="review.").order_by("pk").values_list("kind", flat=True)
    )


def test_halt_opens_one_review_that_has_written_half_of_itself() -> None:
    make.measured()
    people = make.cast()
    review = make.opened(people)
    assert (review.cause, review.state, review.author) == ("halt", "draft", people.author)
    assert review.due_at - review.opened_at == timedelta(days=5)
    assert review.impact["rows"]
    told = queries.timeline(review)
    assert [event.kind for event in told] == ["rollout.started", "rollout.halted", "rollout.rolled_back"]
    assert [delay.length for delay in queries.delays(told)] == [timedelta(seconds=50), timedelta(seconds=10)]
    make.happen(review.rollout, "rollout.completed", moved={"opens_review": "completion"})
    assert Review.objects.count() == 1
    assert kinds() == ["review.opened"]


def test_numbers_equal_what_is_counted_by_hand() -> None:
    make.measured()
    review = make.opened(make.cast())
    rows = {row["version"]: row["cells"] for row in review.impact["rows"]}
    new, old, both = rows["3.0.0"], rows["2.4.0"], rows[""]
    assert (new["during"]["numerator"], new["during"]["denominator"]) == (36, 120)
    assert (old["before"]["numerator"], old["before"]["denominator"]) == (12, 1200)
    assert (both["during"]["numerator"], both["during"]["denominator"]) == (48, 1320)
    assert new["during"]["windows"] == new["during"]["windows_expected"] == 12
    assert new["during"]["window_s"] == 5
    assert 'version="3.0.0"' in new["during"]["query"]
    assert new["before"]["denominator"] is None
    assert new["before"]["why_none"] == "Nobody counted this version in this time."
    assert new["after"]["why_none"] == "No source has closed a window of this time."


def test_the_lines_are_the_same_numbers_window_by_window() -> None:
    make.measured()
    review = make.opened(make.cast())
    (line,) = review.impact["lines"]
    assert line["step_s"] == 5
    assert line["begin"] == EPOCH.timestamp() - 60
    assert line["new"][:12] == [None] * 12
    assert line["new"][12:24] == [0.3] * 12
    assert line["old"][:24] == [0.01] * 24
    assert set(line["new"][24:] + line["old"][24:]) == {None}, "no source closed a window since"


def test_without_a_source_every_number_says_no_data() -> None:
    review = make.opened(make.cast())
    cells = [cell for row in review.impact["rows"] for cell in row["cells"].values()]
    assert cells
    assert all(cell["numerator"] is None and cell["why_none"] for cell in cells)


def test_completion_that_needs_no_review_can_be_closed_at_once() -> None:
    people = make.cast()
    review = make.opened(people, cause="completion", required=False)
    assert (review.required, review.remind_due_at) == (False, None)
    services.close(review=review.rollout.slug, actor=people.author.actor, face=Face.PAGE)
    review.refresh_from_db()
    assert review.state == "closed"


def test_author_and_due_date_come_from_the_plan() -> None:
    people = make.cast()
    review = make.opened(people, author="priya@fernhill.example", due_within="2d")
    assert review.author == people.reader
    assert review.due_at - review.opened_at == timedelta(days=2)


def test_second_writer_is_told_and_nothing_is_lost() -> None:
    people = make.cast()
    review = make.opened(people)
    slug = review.rollout.slug
    given = {"review": slug, "section": "summary", "version": 0, "face": Face.PAGE}
    services.save_section(internal="First.", actor=people.author.actor, **given)  # type: ignore[arg-type]
    with pytest.raises(services.Stale) as told:
        services.save_section(internal="Second.", actor=people.author.actor, **given)  # type: ignore[arg-type]
    assert told.value.current.internal == "First."
    assert "Sofia saved this section while you were writing" in str(told.value)
    services.save_section(
        review=slug, section="summary", version=1, internal="Both.", actor=people.author.actor, face=Face.PAGE
    )
    assert list(SectionVersion.objects.order_by("number").values_list("internal", flat=True)) == [
        "First.",
        "Both.",
    ]


def test_review_without_words_is_not_submitted() -> None:
    people = make.cast()
    review = make.opened(people)
    with pytest.raises(services.Refused, match="No words yet"):
        services.submit(review=review.rollout.slug, actor=people.author.actor, face=Face.PAGE)
    review.refresh_from_db()
    assert review.state == "draft"


def test_nobody_reviews_their_own() -> None:
    people = make.cast()
    review = make.opened(people)
    slug = review.rollout.slug
    make.write_all(slug, people.author)
    services.submit(review=slug, actor=people.author.actor, face=Face.PAGE)
    for person in (people.author, people.stranger):
        with pytest.raises(services.Refused):
            services.approve(review=slug, actor=person.actor, face=Face.PAGE)
    services.return_to_author(review=slug, reason="Say why.", actor=people.reader.actor, face=Face.PAGE)
    review.refresh_from_db()
    assert review.state == "draft"
    assert review.comments.get().text == "Say why."


def test_ownerless_action_keeps_the_review_open() -> None:
    people = make.cast()
    review = make.told_whole(people, closed=False)
    slug, by = review.rollout.slug, people.author.actor
    item = learning.add_item(review=slug, title="Somebody should", actor=by, face=Face.PAGE)
    with pytest.raises(services.Refused, match="has no owner"):
        services.close(review=slug, actor=by, face=Face.PAGE)
    learning.change_item(
        review=slug, item=item.pk, owner=people.reader, due_on=EPOCH.date(), actor=by, face=Face.PAGE
    )
    services.close(review=slug, actor=by, face=Face.PAGE)
    with pytest.raises(services.Refused, match="would have no owner"):
        learning.change_item(review=slug, item=item.pk, owner=None, actor=by, face=Face.PAGE)


def test_words_and_numbers_are_frozen_once_reviewed() -> None:
    people = make.cast()
    review = make.told_whole(people, closed=False)
    slug, by = review.rollout.slug, people.author.actor
    with pytest.raises(services.Refused):
        services.refresh_impact(review=slug, actor=by, face=Face.PAGE)
    with pytest.raises(services.Refused):
        services.save_section(
            review=slug, section="summary", version=1, internal="x", actor=by, face=Face.PAGE
        )
    before = review.impact
    make.happen(review.rollout, "rollout.closed")
    review.refresh_from_db()
    assert review.impact == before


def test_review_cannot_close_before_the_rollout_has_ended() -> None:
    people = make.cast()
    review = make.told_whole(people, closed=False)
    type(review.rollout).objects.filter(pk=review.rollout_id).update(state="halted")
    with pytest.raises(services.Refused, match="has not ended"):
        services.close(review=review.rollout.slug, actor=people.author.actor, face=Face.PAGE)


def test_overdue_items_remind_also_after_closing_and_once_a_turn() -> None:
    people = make.cast()
    make.told_whole(people)
    item = ActionItem.objects.get()
    ActionItem.objects.update(remind_due_at=database_now() - timedelta(seconds=1))
    assert following.due_items(database_now(), 10) == [item.pk]
    following.remind_of_item(item.pk)
    following.remind_of_item(item.pk)
    assert kinds().count("review.item_overdue") == 1
    assert following.due_items(database_now(), 10) == []


def test_overdue_review_reminds_until_it_is_closed() -> None:
    review = make.opened(make.cast())
    Review.objects.update(remind_due_at=database_now() - timedelta(seconds=1))
    assert following.due_reviews(database_now(), 10) == [review.pk]
    following.remind_of_review(review.pk)
    following.remind_of_review(review.pk)
    assert kinds().count("review.overdue") == 1


def test_lessons_reach_later_plans_and_outsiders_read_what_was_chosen() -> None:
    people = make.cast()
    review = make.told_whole(people)
    assert [lesson.title for lesson in lessons_for(["orders"])] == ["Watch what users get"]
    assert lessons_for(["shipping"]) == []
    assert public_review(review.rollout_id) is None
    services.publish(review=review.rollout.slug, published=True, actor=people.author.actor, face=Face.PAGE)
    shown = public_review(review.rollout_id)
    assert shown is not None
    assert shown.summary.startswith("Summary for all.")
    assert shown.lessons == ("Watch what users get",)


def test_person_sees_what_is_asked_of_them() -> None:
    people = make.cast()
    review = make.opened(people)
    now = database_now()
    assert [row.pk for row in queries.wanted_of(people.author, now).write] == [review.pk]
    make.write_all(review.rollout.slug, people.author)
    services.submit(review=review.rollout.slug, actor=people.author.actor, face=Face.PAGE)
    assert [row.pk for row in queries.wanted_of(people.reader, now).judge] == [review.pk]
    assert queries.wanted_of(people.author, now).judge == []


def test_people_are_told_by_mail() -> None:
    people = make.cast()
    review = make.opened(people)
    slug = review.rollout.slug
    make.write_all(slug, people.author)
    services.submit(review=slug, actor=people.author.actor, face=Face.PAGE)
    audit.follow_now(Event.objects.filter(kind="review.submitted").values_list("pk", flat=True).get())
    told = Delivery.objects.filter(key__endswith=":review").order_by("pk").values_list("target", flat=True)
    assert list(told) == ["sofia@fernhill.example", "priya@fernhill.example"]
