"""Edges that are counted and pushed, the page of the lists, and what people say about them."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from rollouts.accounts.models import Person
from rollouts.audit.models import Content, Event
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Dependency, Use
from rollouts.health.edges import counting
from rollouts.health.edges.storing import Sighting, day_of, write
from rollouts.health.models import EdgeAnswer, EdgeDay, ObservedEdge, Source
from rollouts.health.values import Perspective, contract_series
from rollouts.lib.clock import database_now
from tests.accounts.factories import person, team
from tests.health import factories as make
from tests.health.graphs import counts, shop

pytestmark = pytest.mark.django_db
PAGE = "/dependencies/seen/"
ANSWER = f"{PAGE}answer/"
API = "/api/v1/edges/"


@pytest.fixture
def mina() -> Person:
    """Plans for web and api; tomas plans for orders."""
    made = person("mina@example.test")
    team("orders-team", planner=[made])
    make.environment()
    for slug in ("web", "api"):
        make.service(slug)
    other = team("others", planner=[person("tomas@example.test")])
    Service.objects.create(slug="orders", name="Orders", team=other)
    return made


def signed_in(who: Person) -> Client:
    client = Client()
    client.force_login(who)
    return client


def saw(
    caller: str, callee: str, calls: int = 5000, contract: str = "", version: str = "", days: int = 0
) -> None:
    at = database_now() - timedelta(days=days)
    one = Sighting((caller, callee, contract, version), day_of(at), calls, at, at)
    write(make.environment().pk, {"callers": [one]}, add=False)


def listed(who: Person, which: str) -> list[dict[str, Any]]:
    answer = signed_in(who).get(f"{API}?environment=production&list={which}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["edges"]
    return found


def windows(of: Source) -> None:
    """Five minutes of calls as callers counted them, and of two versions of a contract as orders counted."""
    contract = make.series(of, service=make.service("api"), name=contract_series("api"), version="2")
    caller = make.series(
        of, service=make.service("api"), name=contract_series("api"), version="2",
        perspective=Perspective.CALLERS, caller="web",
    )  # fmt: skip
    for row, total in ((contract, 9), (caller, 4)):
        made = make.window(row, 3, 0, total)
        type(row).objects.filter(pk=row.pk).update(last_seen_at=made.start_at + of.window)
    for number in range(60):
        counts(of, number, served={}, called={("web", "api"): (1, 10)})


def test_windows_are_counted_into_days_once() -> None:
    of = shop()
    windows(of)
    assert counting.due(database_now(), 10) == [of.environment_id]
    counting.count(of.environment_id)
    counting.count(of.environment_id)
    counting.count(of.environment_id)
    found = {row.key: row.week_calls for row in ObservedEdge.objects.all()}
    assert found == {("web", "api", "", ""): 600, ("web", "api", "api", "2"): 4, ("", "api", "api", "2"): 9}
    assert counting.due(database_now(), 10) == []
    day = EdgeDay.objects.get(edge__contract="")
    assert (day.calls, day.origin, day.day) == (600, "callers", make.EPOCH.date())


def test_what_comes_later_is_added_to_its_day() -> None:
    of = shop()
    windows(of)
    counting.count(of.environment_id)
    counting.count(of.environment_id)
    for number in range(60, 121):
        counts(of, number, served={}, called={("web", "api"): (0, 10)})
    counting.count(of.environment_id)
    assert ObservedEdge.objects.get(contract="").week_calls == 1210


def test_the_week_ends_with_the_day_on_which_it_was_last_seen(mina: Person) -> None:
    for days in (20, 19, 12):
        saw("web", "api", 10, days=days)
    assert ObservedEdge.objects.get().week_calls == 10
    saw("web", "api", 7, days=8)
    assert ObservedEdge.objects.get().week_calls == 17


def test_of_two_that_counted_the_same_calls_the_larger_count_holds(mina: Person) -> None:
    at = database_now()
    for origin, calls in (("callers", 10), ("between", 4)):
        one = Sighting(("web", "api", "", ""), day_of(at), calls, at, at)
        write(make.environment().pk, {origin: [one]}, add=True)
    assert ObservedEdge.objects.get().week_calls == 10


def push(who: Person, *edges: dict[str, Any], **more: Any) -> Any:
    body = {"environment": "production", "origin": "ebpf", "edges": list(edges), **more}
    return signed_in(who).post(API, body, content_type="application/json")


def pushed(**more: Any) -> dict[str, Any]:
    return {"caller": "web", "callee": "api", "calls": 40, "day": str(database_now().date()), **more}


def test_an_edge_is_pushed_and_the_same_again_changes_nothing(mina: Person) -> None:
    for _ in range(2):
        assert push(mina, pushed()).json() == {"edges": 1, "parts": 0}
    assert ObservedEdge.objects.get().week_calls == 40
    push(mina, pushed(calls=50))
    assert ObservedEdge.objects.get().week_calls == 50


def test_a_push_names_the_part_that_was_used(mina: Person) -> None:
    Contract.objects.create(slug="api", name="API", provider=make.service("api"), format="openapi")
    entry = pushed(contract="api", version="2", operation="GET /things")
    assert push(mina, entry, entry | {"operation": "GET /more"}).json() == {"edges": 1, "parts": 2}
    assert ObservedEdge.objects.get().week_calls == 80
    assert {one.operation for one in Use.objects.all()} == {"GET /things", "GET /more"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"callee": "nobody"}, "There is no service named nobody"),
        ({"caller": "api"}, "no dependency"),
        ({"contract": "nothing"}, "There is no contract named nothing"),
        ({"operation": "GET /"}, "needs its `contract`"),
        ({"day": "2020-01-01"}, "more than 90 days ago"),
        ({"day": "2099-01-01"}, "in the future"),
        ({"first_seen": "2020-01-01T00:00:00Z"}, "lie on the `day`"),
    ],
)
def test_a_push_that_cannot_be_is_refused_whole(mina: Person, entry: dict[str, Any], said: str) -> None:
    answer = push(mina, pushed(), pushed(**entry))
    assert answer.status_code == 422
    assert answer.json()["entries"][0]["index"] == 1
    assert said in answer.content.decode()
    assert not ObservedEdge.objects.exists()


def test_who_describes_neither_end_pushes_nothing(mina: Person) -> None:
    tomas = Person.objects.get(email="tomas@example.test")
    assert push(tomas, pushed()).status_code == 403
    assert push(tomas, pushed(callee="orders")).status_code == 200
    assert push(mina, pushed(), environment="nowhere").status_code == 404


def test_an_undeclared_edge_is_declared_with_one_click(mina: Person) -> None:
    saw("web", "api")
    client = signed_in(mina)
    page = client.get(PAGE).content.decode()
    assert "Declare" in page
    assert "orders-team" in page
    answer = client.post(
        ANSWER, {"action": "declare", "caller": "web", "callee": "api", "back": "list=confirmed"}
    )
    assert answer["Location"] == f"{PAGE}?list=confirmed"
    assert Dependency.objects.get().declared_at is not None
    assert [row["caller"] for row in listed(mina, "confirmed")] == ["web"]
    assert listed(mina, "undeclared") == []


def test_what_is_no_dependency_is_kept_out_until_that_is_taken_back(mina: Person) -> None:
    saw("web", "api")
    client = signed_in(mina)
    client.post(ANSWER, {"action": "none", "caller": "web", "callee": "api", "reason": "a load test"})
    assert listed(mina, "undeclared") == []
    assert "a load test" in client.get(PAGE).content.decode()
    client.post(f"{PAGE}answers/{EdgeAnswer.objects.get().pk}/take-back/")
    assert [row["callee"] for row in listed(mina, "undeclared")] == ["api"]
    kinds = [event.kind for event in Event.objects.newest("service:web")]
    assert sorted(kinds) == ["dependency.dismissed", "dependency.taken_back"]


def test_a_silent_declaration_is_asked_about_and_stands_or_ends(mina: Person) -> None:
    month = database_now() - timedelta(days=31)
    Dependency.objects.create(service=make.service("web"), on=make.service("api"), declared_at=month)
    assert [row["why"] for row in listed(mina, "silent")] == ["unmeasured"]
    saw("web", "orders")
    (row,) = listed(mina, "silent")
    assert (row["why"], row["owner"], row["last_seen_at"]) == ("stale", "orders-team", None)
    client = signed_in(mina)
    client.post(ANSWER, {"action": "stands", "caller": "web", "callee": "api"})
    assert [row["why"] for row in listed(mina, "silent")] == ["fresh"]
    client.post(ANSWER, {"action": "remove", "caller": "web", "callee": "api"})
    assert listed(mina, "silent") == []
    assert Dependency.objects.get().gone_at is not None


def test_who_calls_an_old_version_is_listed_and_its_owner_asked_once_a_day(mina: Person) -> None:
    contract = Contract.objects.create(
        slug="orders-api", name="Orders API", provider=Service.objects.get(slug="orders"), format="openapi"
    )
    ContractVersion.objects.create(contract=contract, version="2", state="deprecated", sunset_on="2099-03-31")
    Consumer.objects.create(contract=contract, service=make.service("web"))
    saw("web", "orders", 600, "orders-api", "2")
    (row,) = listed(mina, "outdated")
    assert (row["caller"], row["version_state"], row["sunset"]) == ("web", "deprecated", "2099-03-31")
    body = {"action": "ask", "caller": "web", "callee": "orders", "contract": "orders-api", "version": "2"}
    tomas = Person.objects.get(email="tomas@example.test")
    answers = [
        signed_in(tomas).post(f"{API}answers/", body, content_type="application/json") for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [200, 409]
    (event,) = Event.objects.newest("service:web")
    assert event.kind == "dependency.asked"
    assert Content.objects.get(event_id=event.pk).body["content"]["team"] == "orders-team"
    assert listed(mina, "outdated")[0]["asked_at"] is not None


def test_others_may_not_say_what_a_service_relies_on(mina: Person) -> None:
    saw("web", "api")
    client = signed_in(person("eve@example.test"))
    for action in ("declare", "none", "stands", "ask"):
        body = {"action": action, "caller": "web", "callee": "api"}
        assert client.post(f"{API}answers/", body, content_type="application/json").status_code == 403
    assert not EdgeAnswer.objects.exists()
    assert not Dependency.objects.exists()
    assert "Declare<" not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("many", [1, 40])
@pytest.mark.parametrize("which", ["undeclared", "silent", "outdated", "confirmed"])
def test_the_page_asks_a_constant_number_of_queries(
    mina: Person, many: int, which: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        slug = f"s-{number}"
        Dependency.objects.create(service=make.service(slug), on=make.service("api"))
        for callee in ("web", "api"):
            saw(slug, callee)
    client = signed_in(mina)
    address = f"{PAGE}?list={which}"
    client.get(address)
    with django_assert_num_queries(20):
        assert client.get(address).status_code == 200
