"""What outsiders read, step by step, in public words only."""

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from rollouts.audit.values import Face
from rollouts.decisions.machine.values import Action
from rollouts.decisions.services import do_duties
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.statuspages import services
from rollouts.statuspages.models import Publication, Snapshot
from rollouts.statuspages.pages import render
from rollouts.statuspages.pages.render import SiteFacts
from tests.statuspages import factories
from tests.statuspages.factories import decide, follow, public_rollout, world

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/status/main/orders-v3/"


def read(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response.content
    return response.content.decode()


def duties() -> None:
    do_duties(rollout_id=Rollout.objects.get(slug="orders-v3").pk)
    follow()


def test_a_page_holds_public_words_and_none_of_the_others(client: Client) -> None:
    public_rollout()
    for path in (PAGE, f"{PAGE}status.json", f"{PAGE}feed.atom", "/status/", "/status/main/status.json"):
        text = read(client, path)
        assert "Inner" not in text
        assert "inner" not in text
        assert "secret" not in text
    text = read(client)
    for words in (
        "New order address format",
        "Orders store the address in separate fields.",
        "One order in four",
        "Every order",
        "New fields in every order",
        "Labels that leave out the house number",
        "Going back takes a minute and loses no order.",
    ):
        assert words in text
    assert "%" not in text.split("<main")[1].split("<script")[0].replace("% of", "")


def test_the_page_is_right_at_every_step(client: Client) -> None:
    there = world()
    public_rollout(state="draft")
    assert client.get(PAGE).status_code == 404
    decide(there.mina, Action.PROPOSE)
    follow()
    assert "Coming, not agreed on yet" in read(client)
    assert "Needs one person to agree" in read(client)
    assert "Coming" in read(client, "/status/")
    decide(there.priya, Action.APPROVE)
    follow()
    assert "Coming, agreed on and not begun" in read(client)
    decide(there.mina, Action.START)
    follow()
    text = read(client)
    assert "step 1 of 2" in text
    assert "Step 1 has begun." in text
    assert 'aria-current="step"' in text
    duties()
    assert "Watched and healthy: step 1 of 2" in read(client)
    decide(there.priya, Action.HOLD, reason="a look")
    follow()
    assert "Paused: step 1 of 2" in read(client)
    assert "a look" not in read(client)
    decide(there.priya, Action.HALT, reason="odd labels")
    follow()
    text = read(client)
    assert "Stopped by our team: step 1 of 2" in text
    assert "odd labels" not in text
    assert "1 change is under way, 1 has stopped" in read(client, "/status/")
    decide(there.priya, Action.ROLL_BACK, reason="back")
    follow()
    assert "Being taken back" in read(client)
    decide(there.priya, Action.CONFIRM_ROLLED_BACK, reason="seen by eye", unmeasured=True)
    follow()
    text = read(client)
    assert "Everything is as it was before." in text
    assert "Past 90 days" in read(client, "/status/")


def test_an_index_says_whole_sentences_and_what_is_late(client: Client) -> None:
    public_rollout(
        public="public:\n  title: New format\n  text: |\n    Orders store the address\n    in fields.\n"
    )
    told, now = Publication.objects.get().summary, database_now()
    assert told is not None
    assert told["text"] == "Orders store the address in fields."
    site = SiteFacts("main", "Status", "UTC", "/status/main/")
    for hours, said in ((-1, "Next was planned for"), (1, "Next planned for")):
        there = {**told, "next": (now + timedelta(hours=hours)).isoformat()}
        assert said in render.index_documents(site, [there], now)[0].body.decode()


def test_a_gate_says_what_must_hold_and_what_would_stop_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = """
        - name: errors
          title: Inner errors
          kind: metric
          on_fail: halt
          settings: {{judge: limit, signal: errors, limit: "5 %"}}
          public: {{title: Hardly any failed orders, text: More than one in twenty.}}
"""
    before = "          settings: {{items: [a]}}\n"
    monkeypatch.setattr(factories, "SOURCE", factories.SOURCE.replace(before, before + gate.lstrip("\n")))
    public_rollout()
    text = read(client)
    assert "<span>Hardly any failed orders</span>" in text
    assert "<li>More than one in twenty. It then stops by itself.</li>" in text


def test_what_awaits_approval_stands_on_the_page_without_names(client: Client) -> None:
    there = world()
    public_rollout()
    duties()
    decide(there.priya, Action.PROMOTE, stage=2)
    follow()
    duties()
    text = read(client)
    assert "The people who answer for it agree" in text
    assert "Step 2, Every order: Needs two people to agree." in text
    decide(there.priya, Action.APPROVE, stage=3)
    follow()
    assert "1 person has agreed." in read(client)
    assert "Priya" not in read(client)


def test_json_and_feed_say_the_same(client: Client) -> None:
    public_rollout()
    said = json.loads(read(client, f"{PAGE}status.json"))
    assert said["state"] == "running"
    assert [step["title"] for step in said["steps"]] == ["One order in four", "Every order"]
    assert said["steps"][0]["planned_start_at"] == "2026-11-25T08:00:00+00:00"
    feed = ElementTree.fromstring(read(client, f"{PAGE}feed.atom"))  # noqa: S314 - we made it
    atom = "{http://www.w3.org/2005/Atom}"
    titles = [entry.findtext(f"{atom}title") for entry in feed.iter(f"{atom}entry")]
    assert titles == ["New order address format: Step 1 has begun."]
    ids = [entry.findtext(f"{atom}id") for entry in feed.iter(f"{atom}entry")]
    follow()
    assert all(str(each).startswith("tag:") for each in ids)
    index = json.loads(read(client, "/status/main/status.json"))
    assert [each["slug"] for each in index["rollouts"]] == ["orders-v3"]
    assert read(client, "/status/") == read(client, "/status/main/")


def test_an_update_stands_on_the_page_when_it_is_chosen(client: Client) -> None:
    there = world()
    public_rollout()
    services.post_update(
        rollout="orders-v3", text="All is *well*.", public=True, author=there.mina, face=Face.PAGE
    )
    services.post_update(
        rollout="orders-v3", text="Inner news.", public=False, author=there.mina, face=Face.PAGE
    )
    follow()
    text = read(client)
    assert "<p>All is <em>well</em>.</p>" in text
    assert "Mina" not in text
    assert "Inner news" not in text
    assert "All is *well*." in read(client, f"{PAGE}status.json")
    assert "Inner news" not in read(client, "/status/feed.atom")


def test_markdown_of_plan_and_updates_is_sanitised(client: Client) -> None:
    there = world()
    words = 'public:\n  title: "<b>x</b>"\n  text: "<script>alert(1)</script> [a](javascript:alert(1))"'
    public_rollout(public=words)
    services.post_update(
        rollout="orders-v3",
        text="<img src=x onerror=alert(1)> [a](javascript:alert(1)) </script><script>",
        public=True,
        author=there.mina,
        face=Face.PAGE,
    )
    follow()
    text = read(client).split("<main")[1]
    assert "<script>" not in text.replace('<script id="timeline" type="application/json">', "")
    assert "<img" not in text
    assert 'href="javascript' not in text
    ElementTree.fromstring(read(client, f"{PAGE}feed.atom"))  # noqa: S314 - we made it


def test_a_plan_without_public_words_has_no_page(client: Client) -> None:
    public_rollout(public="")
    assert client.get(PAGE).status_code == 404
    assert "orders-v3" not in read(client, "/status/")


def test_nothing_new_makes_no_new_version(client: Client) -> None:
    public_rollout()
    before = Snapshot.objects.count()
    from rollouts.statuspages import publishing

    for _ in range(3):
        from django.db import transaction

        with transaction.atomic():
            publishing.publish(rollout_id=Rollout.objects.get().pk)
    assert Snapshot.objects.count() - before <= 6  # the half minute on the page may have turned
    read(client)


def test_only_the_newest_versions_are_kept(client: Client) -> None:
    there = world()
    public_rollout()
    for number in range(6):
        services.post_update(
            rollout="orders-v3", text=f"Number {number}", public=True, author=there.mina, face=Face.PAGE
        )
        follow()
    versions = list(Snapshot.objects.filter(path=PAGE).order_by("version").values_list("version", flat=True))
    assert len(versions) == 3
    assert versions == sorted(versions)
    assert "Number 5" in read(client)


def test_a_public_page_is_cached_and_answers_304(client: Client) -> None:
    public_rollout()
    first = client.get(PAGE)
    assert "public" in first["Cache-Control"]
    assert int(first["Age"]) < 10
    assert not first.cookies
    again = client.get(PAGE, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(PAGE, headers={"If-None-Match": '"other"'}).status_code == 200


def test_public_views_use_no_query_of_the_request(client: Client, django_assert_num_queries: Any) -> None:
    public_rollout()
    with django_assert_num_queries(0):
        client.get(PAGE)
        client.get("/status/main/no-such-page/")
        client.get("/status/")
