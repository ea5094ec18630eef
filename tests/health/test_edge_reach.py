"""How far dependencies reach: the walk itself, declared and seen together, page and API."""

from datetime import timedelta
from typing import Any

import networkx as nx
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, Dependency
from rollouts.health.edges.reach import Direction, Reached, reach, sides_of
from rollouts.health.models import EdgeAnswer, ObservedEdge
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.health import factories as make

PAIRS = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda pair: pair[0] != pair[1]), max_size=25
)


@given(PAIRS, st.integers(0, 7), st.integers(0, 4))
def test_a_walk_reaches_what_the_graph_says_by_its_shortest_ways(
    pairs: list[tuple[int, int]], start: int, depth: int
) -> None:
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(range(8))
    columns = [one for one, _ in pairs], [other for _, other in pairs]
    ways = {Direction.DOWN: graph, Direction.UP: graph.reverse(), Direction.AROUND: graph.to_undirected()}
    for direction, seen in ways.items():
        wanted = nx.single_source_shortest_path_length(seen, start, cutoff=depth or None)
        wanted = {one: distance for one, distance in wanted.items() if one != start}
        found = reach(sides_of(direction, *columns), start, depth)
        assert found.distance == wanted
        for one, through in found.through.items():
            assert found.distance.get(through, 0) == found.distance[one] - 1
            assert seen.has_edge(through, one)


def test_of_equal_ways_that_through_the_lowest_number_counts() -> None:
    sides = sides_of(Direction.DOWN, [1, 1, 3, 2], [3, 2, 4, 4])
    assert reach(sides, 1) == Reached({3: 1, 2: 1, 4: 2}, {3: 1, 2: 1, 4: 2})
    assert reach(sides, 1, within={3, 4}) == Reached({3: 1, 4: 2}, {3: 1, 4: 3})


@pytest.fixture
def client(db: None) -> Client:
    """web relies on api by contract, api on db plainly, and job was seen calling api; mail was, long ago."""
    for slug, tier in {"web": 0, "api": 1, "db": 2, "job": 3, "mail": 3}.items():
        make.service(slug)
        Service.objects.filter(slug=slug).update(tier=tier)
    contract = Contract.objects.create(slug="api", name="API", provider=make.service("api"), format="openapi")
    Consumer.objects.create(contract=contract, service=make.service("web"))
    Dependency.objects.create(service=make.service("api"), on=make.service("db"))
    for caller, days in {"job": 0, "mail": 70}.items():
        at = database_now() - timedelta(days=days)
        ObservedEdge.objects.create(
            environment=make.environment(), caller=caller, callee="api", first_seen_at=at, last_seen_at=at,
            week_calls=5000,
        )  # fmt: skip
    made = Client()
    made.force_login(person("eve@example.test"))
    return made


def told(client: Client, slug: str, **asked: Any) -> dict[str, tuple[int, str]]:
    answer = client.get(f"/api/v1/services/{slug}/reach/", {"environment": "production", **asked})
    assert answer.status_code == 200
    return {one["service"]: (one["distance"], one["through"]) for one in answer.json()["services"]}


def test_declared_and_seen_lead_on_and_what_is_dormant_does_not(client: Client) -> None:
    assert told(client, "db") == {"api": (1, "db"), "web": (2, "api"), "job": (2, "api")}
    assert told(client, "web", direction="down") == {"api": (1, "web"), "db": (2, "api")}
    assert told(client, "api", direction="around", depth=1) == {
        "web": (1, "api"), "db": (1, "api"), "job": (1, "api")
    }  # fmt: skip


def test_what_ended_or_is_no_dependency_leads_nowhere(client: Client) -> None:
    EdgeAnswer.objects.create(caller="job", callee="api", said="none", by="Ada", at=database_now())
    Consumer.objects.update(gone_at=database_now())
    assert told(client, "db") == {"api": (1, "db")}
    Service.objects.filter(slug="api").update(gone_at=database_now())
    assert told(client, "db") == {}


def test_a_tier_is_listed_alone_and_everything_counted(client: Client) -> None:
    answer = client.get("/api/v1/services/db/reach/?environment=production&tier=0").json()
    assert [one["service"] for one in answer["services"]] == ["web"]
    assert (answer["total"], answer["fitting"], answer["farthest"]) == (3, 1, 2)
    assert answer["tiers"] == {"0": 1, "1": 1, "3": 1}
    assert answer["teams"] == [{"team": "orders-team", "services": 3}]


def test_the_page_says_the_same(client: Client) -> None:
    page = client.get("/dependencies/of/db/").content.decode()
    assert "3 services" in page
    assert "up to 2 steps away" in page
    assert "Web" in page
    other = client.get("/dependencies/of/db/?direction=down&page=99999").content.decode()
    assert "Nothing is reached" in other
    assert client.get("/dependencies/of/nobody/").status_code == 404
    assert client.get("/api/v1/services/db/reach/?environment=nowhere").status_code == 404


@pytest.mark.parametrize("many", [1, 40])
def test_page_and_api_ask_a_constant_number_of_queries(
    client: Client, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(many):
        Dependency.objects.create(service=make.service(f"s-{number}"), on=make.service("db"))
    client.get("/dependencies/of/db/")
    with django_assert_num_queries(7):
        client.get("/dependencies/of/db/")
    with django_assert_num_queries(7):
        client.get("/api/v1/services/db/reach/?environment=production")
