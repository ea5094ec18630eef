"""The pages and the API of reviews."""

from typing import Any

import pytest
from django.test import Client

from rollouts.reviews.models import Review
from tests.reviews import factories as make

pytestmark = pytest.mark.django_db


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_whole_way_of_a_review_on_its_pages() -> None:
    make.measured()
    people = make.cast()
    slug = make.opened(people).rollout.slug
    author, reader = signed_in(people.author), signed_in(people.reader)
    assert slug in author.get("/reviews/").content.decode()
    page = author.get(f"/reviews/{slug}/").content.decode()
    assert "30" in page
    assert "36" in page
    assert "No data" in page
    for section in ("summary", "impact", "factors"):
        answer = author.post(
            f"/reviews/{slug}/sections/{section}/",
            {"internal": "**Bold** <script>x</script>", "public": "Told.", "version": "0"},
        )
        assert answer.status_code == 302
    page = author.get(f"/reviews/{slug}/").content.decode()
    assert "<strong>Bold</strong>" in page
    assert "<script>x" not in page
    item = {"title": "Do it", "kind": "prevent", "owner": people.author.pk, "due_on": "2026-12-01"}
    assert author.post(f"/reviews/{slug}/items/", item).status_code == 302
    lesson = {"title": "Look twice", "services": ["orders"], "text": "Always."}
    assert author.post(f"/reviews/{slug}/lessons/", lesson).status_code == 302
    assert author.post(f"/reviews/{slug}/do/submit/").status_code == 302
    assert author.post(f"/reviews/{slug}/do/approve/").status_code == 409
    assert reader.post(f"/reviews/{slug}/do/approve/").status_code == 302
    assert author.post(f"/reviews/{slug}/do/close/").status_code == 302
    assert author.post(f"/reviews/{slug}/do/publish/").status_code == 302
    review = Review.objects.get()
    assert (review.state, review.published) == ("closed", True)
    for path in ("public/", "sections/summary/versions/", "items/1/", "assign/", "lessons/"):
        assert author.get(f"/reviews/{slug}/{path}").status_code in (200, 404)


def test_the_impact_is_drawn_with_its_table_and_what_happened() -> None:
    make.measured()
    people = make.cast()
    slug = make.opened(people).rollout.slug
    page = signed_in(people.author).get(f"/reviews/{slug}/").content.decode()
    assert page.count('<figure class="chart"') == 1
    assert "between 30.00" in page
    assert "Show as a table" in page
    assert ">started</text>" in page
    Review.objects.update(impact={"spans": {}, "rows": [], "why_none": "Measured long ago."})
    page = signed_in(people.author).get(f"/reviews/{slug}/").content.decode()
    assert "<figure" not in page
    assert "Measured long ago." in page


def test_both_texts_stand_on_the_page_when_somebody_was_first() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    author = signed_in(people.author)
    address = f"/reviews/{slug}/sections/summary/"
    author.post(address, {"internal": "Theirs.", "version": "0"})
    answer = author.post(address, {"internal": "Mine.", "version": "0"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Mine." in page
    assert "Theirs." in page
    assert "while you were writing" in page
    assert author.post(address, {"internal": "Both.", "version": "1"}).status_code == 302


@pytest.mark.parametrize("who", ["author", "reader", "stranger"])
def test_only_its_writers_write(who: str) -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    client = signed_in(getattr(people, who))
    answer = client.put(
        f"/api/v1/reviews/{slug}/sections/summary/",
        {"internal": "Words.", "version": 0},
        content_type="application/json",
    )
    assert answer.status_code == (200 if who == "author" else 403)
    assert client.get(f"/api/v1/reviews/{slug}/").status_code == 200


def test_private_review_is_not_there_for_strangers() -> None:
    people = make.cast()
    review = make.opened(people)
    type(review.rollout).objects.update(visibility="private")
    slug, client = review.rollout.slug, signed_in(people.stranger)
    comments = f"/api/v1/reviews/{slug}/comments/"
    for path in (f"/reviews/{slug}/", f"/api/v1/reviews/{slug}/", f"/api/v1/reviews/{slug}/timeline/"):
        assert client.get(path).status_code == 404
    assert client.post(comments, {"text": "x"}, content_type="application/json").status_code == 404
    assert Client().get(f"/reviews/{slug}/").status_code == 302


def test_api_does_what_the_pages_do() -> None:
    make.measured()
    people = make.cast()
    slug = make.opened(people).rollout.slug
    author, reader = signed_in(people.author), signed_in(people.reader)
    base = f"/api/v1/reviews/{slug}"

    def send(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        call = getattr(client, method)
        return call(f"{base}{path}", body or {}, content_type="application/json")

    for section in ("summary", "impact", "factors"):
        assert (
            send(author, "put", f"/sections/{section}/", {"internal": "W", "version": 0}).status_code == 200
        )
    stale = send(author, "put", "/sections/summary/", {"internal": "X", "version": 0})
    assert (stale.status_code, stale.json()["code"], stale.json()["current"]["internal"]) == (
        409,
        "changed",
        "W",
    )
    made = send(author, "post", "/items/", {"title": "Do it"})
    assert made.status_code == 201
    lesson = send(author, "post", "/lessons/", {"title": "Look", "services": ["orders"]})
    assert lesson.status_code == 201
    anew = {"title": "L", "services": ["orders"]}
    assert send(author, "put", f"/lessons/{lesson.json()['id']}/", anew).json()["title"] == "L"
    assert send(author, "post", "/comments/", {"text": "Hm."}).status_code == 201
    assert send(author, "post", "/actions/", {"action": "measure"}).status_code == 200
    assert send(author, "post", "/actions/", {"action": "submit"}).json()["state"] == "in_review"
    assert send(author, "post", "/actions/", {"action": "approve"}).json()["code"] == "own_review"
    assert send(reader, "post", "/actions/", {"action": "approve"}).json()["state"] == "reviewed"
    refused = send(author, "post", "/actions/", {"action": "close"})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_closable")
    owned = {"owner": "priya@fernhill.example", "due_on": "2026-12-01"}
    assert send(author, "patch", f"/items/{made.json()['id']}/", owned).status_code == 200
    assert send(author, "post", "/actions/", {"action": "close"}).json()["state"] == "closed"
    assert send(reader, "patch", f"/items/{made.json()['id']}/", {"state": "done"}).json()["state"] == "done"
    whole = author.get(f"{base}/").json()
    assert whole["impact"]["rows"]
    assert len(whole["sections"]) == 6
    assert author.get("/api/v1/lessons/?service=orders").json()["count"] == 1
    assert author.get("/api/v1/reviews/?state=closed").json()["count"] == 1
    assert author.get(f"{base}/timeline/").json()
    assert author.get(f"{base}/sections/summary/versions/").json()


def test_list_needs_the_same_queries_for_many(django_assert_max_num_queries: Any) -> None:
    people = make.cast()
    for _ in range(4):
        make.opened(people)
    client = signed_in(people.author)
    with django_assert_max_num_queries(12):
        assert client.get("/reviews/").status_code == 200
