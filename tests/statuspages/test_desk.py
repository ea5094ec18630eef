"""What owners do for readers, and what readers send."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client

from rollouts.audit import queries as audit
from rollouts.audit.values import Face
from rollouts.lib.clock import database_now
from rollouts.lib.inbox import items_for
from rollouts.statuspages import following, services
from rollouts.statuspages.models import Feedback, Publication, Update
from rollouts.statuspages.values import FeedbackKind
from tests.statuspages.factories import follow, public_rollout, world

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/status/main/orders-v3/"
API = "/api/v1/rollouts/orders-v3/"


def owner() -> Client:
    client = Client()
    client.force_login(world().mina)
    return client


def write(client: Client, **fields: str) -> str:
    response = client.post(f"{PAGE}feedback/", {"text": "The printer reads the old line.", **fields})
    assert response.status_code == 302, response.content
    return str(response["Location"])


def test_a_reader_writes_without_an_account_and_finds_the_answer_at_their_own_address() -> None:
    public_rollout()
    reader = Client(enforce_csrf_checks=True)
    form = reader.get(f"{PAGE}feedback/")
    assert "no-store" in form["Cache-Control"]
    token = form.content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    own = write(reader, csrfmiddlewaretoken=token, name="Ada", concern="on")
    letter = Feedback.objects.get()
    assert (letter.kind, letter.name) == ("concern", "Ada")
    assert "Not yet." in reader.get(own).content.decode()
    answered = owner().post(f"/rollouts/orders-v3/feedback/{letter.pk}/answer/", {"text": "Fixed by noon."})
    assert answered.status_code == 302
    assert "Fixed by noon." in reader.get(own).content.decode()
    follow()
    assert "Fixed by noon." not in reader.get(PAGE).content.decode()
    kinds = [event.kind for event in audit.events("rollout:orders-v3", limit=2)]
    assert kinds == ["rollout.feedback_answered", "rollout.feedback"]


def test_question_and_answer_stand_on_the_page_when_the_answerer_chose_so() -> None:
    public_rollout()
    write(Client())
    pk = Feedback.objects.get().pk
    said = owner().post(
        f"{API}feedback/{pk}/answer/", {"text": "Ours too.", "public": True}, content_type="application/json"
    )
    assert said.json()["answer"] == "Ours too."
    follow()
    text = Client().get(PAGE).content.decode()
    assert "The printer reads the old line." in text
    assert "Ours too." in text


@pytest.mark.parametrize("fields", [{"text": "  "}, {"text": "x" * 4001}, {"website": "http://spam"}])
def test_what_is_not_a_letter_is_refused_and_nothing_is_kept(fields: dict[str, str]) -> None:
    public_rollout()
    response = Client().post(f"{PAGE}feedback/", {"text": "words", **fields})
    assert response.status_code == 422
    assert not Feedback.objects.exists()


def test_a_flood_of_letters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    public_rollout()
    monkeypatch.setattr(services, "MOST_AN_HOUR", 2)
    write(Client())
    write(Client())
    response = Client().post(f"{PAGE}feedback/", {"text": "again"})
    assert response.status_code == 422
    assert "Try again in an hour" in response.content.decode()
    assert Feedback.objects.count() == 2


def test_letters_and_due_updates_need_the_owner_and_nobody_else() -> None:
    there = world()
    public_rollout()
    services.give_feedback(rollout="orders-v3", site=None, kind=FeedbackKind.CONCERN, text="Help.")
    Publication.objects.update(asked_at=database_now())
    titles = {item.title for item in items_for(there.mina, database_now())}
    assert {"Readers of Inner title of orders-v3", "Update due: Inner title of orders-v3"} <= titles
    others = {item.title for item in items_for(there.tomas, database_now())}
    assert not {title for title in others if title.startswith(("Readers", "Update due"))}


def test_the_clock_asks_for_an_update_once_a_cadence_with_a_draft_in_public_words() -> None:
    there = world()
    public_rollout()
    row = Publication.objects.get()
    assert row.update_every == timedelta(hours=4)
    assert following.due_updates(database_now(), 10) == []
    Publication.objects.update(update_due_at=F("update_due_at") - timedelta(hours=4))
    assert following.due_updates(database_now(), 10) == [row.pk]
    services.ask_for_update(row.pk)
    services.ask_for_update(row.pk)
    asked = [e for e in audit.events("rollout:orders-v3") if e.kind == "rollout.update_asked"]
    assert len(asked) == 1
    row.refresh_from_db()
    assert "Step 1 has begun." in row.draft
    assert "Next: Every order." in row.draft
    assert "Inner" not in row.draft
    page = owner().get("/rollouts/orders-v3/updates/").content.decode()
    assert "Step 1 has begun." in page
    assert (
        owner().post("/rollouts/orders-v3/updates/", {"text": "All well.", "public": "on"}).status_code == 302
    )
    row.refresh_from_db()
    assert (row.asked_at, row.draft) == (None, "")
    assert row.update_due_at is not None
    assert row.update_due_at > database_now() + timedelta(hours=3)
    assert Update.objects.get().author_name == str(there.mina)


def test_only_the_owner_and_planners_speak_to_readers() -> None:
    there = world()
    public_rollout(visibility="link")
    write_ = {"text": "Mine."}
    approver = Client()
    approver.force_login(there.priya)
    assert approver.post("/rollouts/orders-v3/updates/", write_).status_code == 403
    assert approver.post(f"{API}updates/", write_, content_type="application/json").json()["code"] == "right"
    assert approver.post("/rollouts/orders-v3/link/", {"days": 3}).status_code == 403
    assert approver.post(f"{API}link/", {}, content_type="application/json").status_code == 403
    assert not Update.objects.exists()


def test_the_page_and_the_api_make_and_revoke_a_link() -> None:
    public_rollout(visibility="link")
    client = owner()
    page = client.post("/rollouts/orders-v3/link/", {"days": 3}).content.decode()
    key = page.split("?key=")[1].split("<")[0]
    follow()
    assert Client().get(f"{PAGE}?key={key}").status_code == 200
    assert client.post("/rollouts/orders-v3/link/", {"revoke": "1"}).status_code == 302
    assert client.delete(f"{API}link/").status_code == 422
    ends = (database_now() + timedelta(days=1)).isoformat()
    made = client.post(f"{API}link/", {"expires_at": ends}, content_type="application/json")
    assert made.status_code == 201
    follow()
    assert Client().get(made.json()["path"]).status_code == 200
    assert client.delete(f"{API}link/").status_code == 204


def test_a_link_needs_the_plan_to_say_so() -> None:
    public_rollout()
    page = owner().post("/rollouts/orders-v3/link/", {"days": 3}).content.decode()
    assert "The plan does not open this rollout to a link." in page


def test_several_sites_show_what_touches_their_services() -> None:
    there = world()
    there.mina.is_staff = True
    there.mina.save()
    public_rollout()
    client = owner()
    for slug, chosen in (("shop", ["orders"]), ("none", [])):
        body = {"title": slug, "zone": "Europe/Berlin", "services": chosen}
        made = client.put(f"/api/v1/status-sites/{slug}/", body, content_type="application/json")
        assert made.status_code == 200, made.content
    from rollouts.catalog.models import Service

    Service.objects.create(slug="other", name="Other", team=there.owners)
    body = {"title": "Elsewhere", "services": ["other"]}
    client.put("/api/v1/status-sites/elsewhere/", body, content_type="application/json")
    outsider = Client()
    assert "Europe/Berlin" in outsider.get("/status/shop/orders-v3/").content.decode()
    assert outsider.get("/status/none/orders-v3/").status_code == 200
    assert outsider.get("/status/elsewhere/orders-v3/").status_code == 404
    assert outsider.get("/status/elsewhere/").status_code == 200
    wrong = client.put(
        "/api/v1/status-sites/x/", {"title": "X", "zone": "Mars/Base"}, content_type="application/json"
    )
    assert wrong.status_code == 422


def test_updates_of_the_api_come_newest_first() -> None:
    there = world()
    public_rollout()
    for text in ("one", "two"):
        services.post_update(rollout="orders-v3", text=text, public=False, author=there.mina, face=Face.API)
    made = owner().post(f"{API}updates/", {"text": "three", "public": True}, content_type="application/json")
    assert made.status_code == 201
    said = owner().get(f"{API}updates/").json()["results"]
    assert [row["text"] for row in said] == ["three", "two", "one"]
