"""The two questions as page, over the API and as badges."""

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollouts.accounts.models import Person
from rollouts.audit.models import Event
from rollouts.contracts.models import Consumer
from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.values import Caller, PromoteFacts, Question, Touch
from rollouts.contracts.values import Readiness
from rollouts.gates.models import BadgeKey
from rollouts.gates.questions.badges import badge_of
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.accounts.factories import team as team_of
from tests.dashboard.test_gate_page import part
from tests.dashboard.test_rollout_page import signed_in
from tests.gates.factories import gate, running
from tests.gates.moving import NAME, SPLIT, Scene, scene
from tests.gates.test_contract_gate import PROMOTE, judge

pytestmark = pytest.mark.django_db
PAGE = f"/contracts/{NAME}/versions/3.0.0/answers/"
API = f"/api/v1/contracts/{NAME}/versions/3.0.0/can-promote/"
BADGE = f"/badges/{NAME}/3.0.0/can-promote.svg"


@pytest.fixture
def split() -> Scene:
    made = scene(SPLIT)
    made.consumer("shipping", "not_ready", "address.line")
    return made


@pytest.fixture
def reader() -> Person:
    return person("reader@example.test")


@pytest.fixture
def planner(split: Scene) -> Person:
    made = person("mina@example.test")
    team_of(split.contract.provider.team.slug, planner=[made])
    return made


def test_the_page_says_why_and_who_must_do_what(split: Scene, reader: Person) -> None:
    split.consumer("web", "ready")
    split.result("web", build="1.4")
    split.edge("crawler", 900)
    page = signed_in(reader).get(PAGE).content.decode()
    told = part(page, "can_promote")
    assert "3.0.0 breaks shipping (address.line), which is not ready." in told
    for said in ("Shipping team", "address.line", "Not ready", "get ready for 3.0.0", "Say how ready it is"):
        assert said in told
    assert f"/contracts/{NAME}/readiness/shipping/?version=3.0.0" in page
    assert f"/contracts/{NAME}/diff/?from=2.4.0&amp;to=3.0.0" in page
    assert "crawler" in told
    assert "seen, not declared" in told
    assert "1.4" in told
    assert told.index("Shipping") < told.index("crawler") < told.index("Web")
    assert "orders-api 3.0.0 is not deprecated." in part(page, "can_retire")


def test_it_can_be_asked_for_some_consumers_and_places(split: Scene, reader: Person) -> None:
    client = signed_in(reader)
    told = part(client.get(PAGE, {"old_stays": "yes"}).content.decode(), "can_promote")
    assert "Yes" in told
    assert "nothing: the old version stays" in told
    wrong = client.get(PAGE, {"consumers": "shiping"})
    assert wrong.status_code == 422
    assert "There is no service named shiping." in wrong.content.decode()
    assert client.get(PAGE.replace("3.0.0", "9")).status_code == 404


def test_the_page_of_an_ending_version_shows_calls(reader: Person) -> None:
    made = scene()
    made.consumer("web", "migrated")
    made.ends()
    made.counted()
    made.call("2.4.0", 1_234, caller="web")
    made.call("2.4.0", 1_240)
    told = part(signed_in(reader).get(PAGE.replace("3.0.0", "2.4.0")).content.decode(), "can_retire")
    for said in ("1,234", "Callers without a name", "move to the next version", "Look at its calls"):
        assert said in told


def test_the_page_needs_as_many_queries_for_many_consumers(split: Scene, reader: Person) -> None:
    client, counts = signed_in(reader), []
    client.get(PAGE)
    for many in (1, 12):
        for number in range(many):
            split.consumer(f"app{many}-{number}", "testing")
        with CaptureQueriesContext(connection) as seen:
            client.get(PAGE)
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_api_says_the_same_with_the_facts(split: Scene, reader: Person) -> None:
    client = signed_in(reader)
    answer = client.get(API)
    told = answer.json()
    assert (told["answer"], told["sentence"]) == (
        "no",
        "3.0.0 breaks shipping (address.line), which is not ready.",
    )
    assert told["lines"][0]["do"] == "say"
    assert told["facts"]["consumers"][0]["touched_by"] == "address.line"
    same = client.get(API, headers={"If-None-Match": answer["ETag"]})
    assert (same.status_code, same["Cache-Control"]) == (304, "private, no-cache")
    Consumer.objects.update(readiness="testing")
    other = client.get(API, headers={"If-None-Match": answer["ETag"]})
    assert (other.status_code, other.json()["answer"]) == (200, "pending")
    assert client.get(API, {"consumers": "nobody"}).status_code == 404
    assert client.get(API.replace("3.0.0", "9")).json()["code"] == "unknown"
    retire = client.get(API.replace("can-promote", "can-retire")).json()
    assert retire["sentence"] == "orders-api 3.0.0 is not deprecated."


def drawn(answer: Any) -> str:
    """What a badge says, read as the picture that it is."""
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
    return root.attrib["aria-label"]


def test_a_badge_is_seen_by_who_is_signed_in_or_has_the_key(split: Scene, planner: Person) -> None:
    split.promote()
    assert Client().get(BADGE).status_code == 403
    answer = signed_in(planner).get(BADGE)
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cache-Control"] == "private, max-age=60"
    assert drawn(answer) == "can be promoted: no, shipping"
    assert signed_in(planner).get(BADGE, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert signed_in(planner).post(f"/contracts/{NAME}/badges/", {"share": "yes"}).status_code == 302
    key = BadgeKey.objects.get().key
    shared = Client().get(BADGE, {"key": key})
    assert (shared.status_code, shared["Cache-Control"]) == (200, "public, max-age=60")
    assert Client().get(BADGE, {"key": f"{key}x"}).status_code == 403
    page = signed_in(planner).get(PAGE).content.decode()
    assert f"can-promote.svg?key={key}" in part(page, "badges")
    signed_in(planner).post(f"/contracts/{NAME}/badges/", {"share": "no", "version": "3.0.0"})
    assert Client().get(BADGE, {"key": key}).status_code == 403
    assert [event.kind for event in Event.objects.newest("service:orders")] == 2 * ["contracts.badges"]


def test_badges_are_shared_by_planners_of_the_provider_only(
    split: Scene, planner: Person, reader: Person
) -> None:
    address = f"/api/v1/contracts/{NAME}/badges/"

    def share(who: Person, shared: bool) -> Any:
        return signed_in(who).put(address, {"shared": shared}, content_type="application/json")

    assert share(reader, True).status_code == 403
    assert not BadgeKey.objects.exists()
    key = share(planner, True).json()["key"]
    assert share(planner, True).json()["key"] != key
    assert signed_in(reader).get(address).json() == {"shared": True, "key": None}
    assert share(planner, False).json() == {"shared": False, "key": None}
    assert "Badges" not in signed_in(reader).get(PAGE).content.decode()


def test_what_is_not_there_has_a_badge_that_says_so(split: Scene, planner: Person) -> None:
    client = signed_in(planner)
    assert drawn(client.get(BADGE.replace("3.0.0", "9"))) == "can be promoted: unknown version"
    assert client.get(BADGE.replace("can-promote", "can-fly")).status_code == 404


@pytest.mark.parametrize(
    ("names", "word"),
    [
        ((), "yes"),
        (("web",), "no, web"),
        (("web", "app", "job"), "no, web and 2 more"),
        (("a" * 40,), f"no, {'a' * 29}…"),
        (("<&\"'>",), "no, <&\"'>"),
    ],
)
def test_a_badge_names_who_stands_against_it(names: tuple[str, ...], word: str) -> None:
    callers = [Caller(name, touch=Touch.BREAKING, readiness=Readiness.NOT_READY) for name in names]
    found = badge_of(Question.PROMOTE, can_promote(PromoteFacts(NAME, "3", database_now(), callers)))
    assert (found.label, found.word) == ("can be promoted", word)
    assert found.width == found.left + found.right


def test_the_gate_leads_to_the_page_and_is_computed_again(split: Scene, reader: Person) -> None:
    split.promote()
    row = running(PROMOTE)
    judge(row)
    page = signed_in(reader).get(f"{row.get_absolute_url()}gates/{gate(row, 'readers').pk}/?again=1")
    told = page.content.decode()
    assert PAGE in told
    assert "Can orders-api 3.0.0 be promoted?" in part(told, "rule")
    assert "get ready for 3.0.0" in part(told, "numbers")
    assert "The same word and sentence come out of the stored facts." in part(told, "again")


def test_contract_service_and_end_lead_to_the_page(split: Scene, planner: Person) -> None:
    client = signed_in(planner)
    for address in (f"/contracts/{NAME}/", "/services/orders/", f"/contracts/{NAME}/versions/3.0.0/end/"):
        assert re.search(rf'href="{re.escape(PAGE)}"', client.get(address).content.decode())
