"""Two at once, and one twice: nothing that somebody wrote is lost, and nothing is done two times."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from rollouts.audit.models import Event
from rollouts.reviews.models import ActionItem, Comment, Lesson, Review, Section
from tests.reviews import factories as make


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def at_once(*calls: Any) -> list[Any]:
    """The answers of requests that start together, each on a connection of its own."""
    barrier, answers = threading.Barrier(len(calls)), [None] * len(calls)

    def run(number: int) -> None:
        try:
            barrier.wait()
            answers[number] = calls[number]()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[number]) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_a_section_at_once_the_second_is_shown_both_texts() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    second = make.person("Mina", role="planner")
    address = f"/reviews/{slug}/sections/summary/"
    clients = [signed_in(people.author), signed_in(second)]
    words = ["What Sofia wrote.", "What Mina wrote."]
    said = [{"internal": text, "public": f"{text} Told.", "version": "0"} for text in words]
    answers = at_once(lambda: clients[0].post(address, said[0]), lambda: clients[1].post(address, said[1]))
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    late = next(number for number, answer in enumerate(answers) if answer.status_code == 422)
    page = answers[late].content.decode()
    assert "saved this section while you were writing" in page
    for text in words:
        assert page.count(text) >= 2, "the words for us and those for outsiders"
    row = Section.objects.get(review__rollout__slug=slug, name="summary")
    assert (row.version, row.internal) == (1, words[1 - late])
    both = {"internal": " ".join(words), "public": "", "version": "1"}
    assert clients[late].post(address, both).status_code == 302
    row.refresh_from_db()
    assert (row.version, row.internal) == (2, " ".join(words))
    assert [each.internal for each in row.versions.order_by("number")] == [words[1 - late], " ".join(words)]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_over_the_api_the_second_gets_what_stands_there() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    address = f"/api/v1/reviews/{slug}/sections/summary/"

    def put(client: Client, text: str) -> Any:
        return client.put(address, {"internal": text, "version": 0}, content_type="application/json")

    one, other = signed_in(people.author), signed_in(make.person("Mina", role="planner"))
    answers = at_once(lambda: put(one, "One."), lambda: put(other, "Other."))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert lost.json()["code"] == "changed"
    assert lost.json()["current"]["internal"] == won.json()["internal"]


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_twice_at_once_makes_one_item() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    client, again = signed_in(people.author), signed_in(people.author)

    def post(by: Client) -> Any:
        return by.post(
            f"/api/v1/reviews/{slug}/items/",
            {"title": "Do it"},
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )

    answers = at_once(lambda: post(client), lambda: post(again))
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert ActionItem.objects.count() == 1


@pytest.mark.django_db
def test_every_verb_takes_a_key_and_does_it_once() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    author, reader = signed_in(people.author), signed_in(people.reader)
    number = 0

    def twice(client: Client, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """The same request with the same key; both answers are the same, and one event is written."""
        nonlocal number
        number += 1
        before = Event.objects.count()
        call = getattr(client, method)
        sent = {"content_type": "application/json", "headers": {"Idempotency-Key": f"key-{number}"}}
        first, second = (call(f"/api/v1/reviews/{slug}{path}", body or {}, **sent) for _ in range(2))
        assert first.status_code == second.status_code < 300, (path, first.content, second.content)
        assert first.content == second.content
        assert Event.objects.count() == before + 1, path
        return first.json() if first.content else None

    for section in ("summary", "impact", "factors"):
        twice(author, "put", f"/sections/{section}/", {"internal": "W", "version": 0})
    item = twice(author, "post", "/items/", {"title": "Do it"})
    due = {"owner": people.author.email, "due_on": "2026-12-01"}
    twice(author, "patch", f"/items/{item['id']}/", due)
    lesson = twice(author, "post", "/lessons/", {"title": "Look", "services": ["orders"]})
    twice(author, "put", f"/lessons/{lesson['id']}/", {"title": "L", "services": ["orders"]})
    twice(author, "delete", f"/lessons/{lesson['id']}/")
    twice(author, "post", "/comments/", {"text": "Said."})
    twice(author, "patch", "/", {"due_at": "2026-12-24T12:00:00Z"})
    for client, action in ((author, "submit"), (reader, "return"), (author, "submit"), (author, "measure")):
        twice(client, "post", "/actions/", {"action": action, "reason": "Say more."})
    for client, action in ((reader, "approve"), (author, "close")):
        twice(client, "post", "/actions/", {"action": action})
    assert Review.objects.get().state == "closed"
    assert (ActionItem.objects.count(), Lesson.objects.count()) == (1, 0)
    assert Comment.objects.filter(text="Said.").count() == 1


@pytest.mark.django_db
def test_a_key_of_another_request_is_refused() -> None:
    people = make.cast()
    slug = make.opened(people).rollout.slug
    client = signed_in(people.author)

    def post(title: str) -> Any:
        return client.post(
            f"/api/v1/reviews/{slug}/items/",
            {"title": title},
            content_type="application/json",
            headers={"Idempotency-Key": "k"},
        )

    assert post("One").status_code == 201
    answer = post("Another")
    assert (answer.status_code, answer.json()["code"]) == (422, "key_reused")
    assert [item.title for item in ActionItem.objects.all()] == ["One"]
