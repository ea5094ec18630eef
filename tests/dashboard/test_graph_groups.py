"""The dependency map by teams and tiers: one line for calls both ways, few of many lines, all in a table."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from rollouts.catalog.models import Service
from rollouts.dashboard import graph_choice as choice
from rollouts.dashboard.graph_groups import EACH, FEW, WIDEST, Group, draw, grouped
from rollouts.health.composite.graph import Edge, Graph, Node, dumped
from rollouts.health.models import GraphSnapshot
from tests.accounts.factories import person
from tests.health.factories import EPOCH, environment, team


def busy(teams: int, *, failing: bool = False) -> tuple[Graph, dict[str, Group]]:
    """Teams of one service each that all call each other: the farther, the less."""
    names = [f"t{at}" for at in range(teams)]
    nodes = {name: Node(name, 1, 1.0, 0.0 if failing and name == "t0" else 1.0) for name in names}
    edges = tuple(
        Edge(one, other, share=0.5, bad=0.0, calls=1000 // (1 + abs(a - b)) + a, last_seen=EPOCH.isoformat())
        for a, one in enumerate(names)
        for b, other in enumerate(names)
        if a != b
    )
    groups = {name: Group(name, name.upper(), f"team={name}") for name in names}
    return Graph("production", EPOCH, EPOCH, nodes, edges), groups


def kept(graph: Graph) -> None:
    """The graph as a snapshot, with its services and teams."""
    for name in graph.nodes:
        Service.objects.create(slug=name, name=f"Service {name}", team=team(f"team-{name}"), tier=1)
    nodes, edges = dumped(graph.nodes.values(), graph.edges)
    GraphSnapshot.objects.create(
        environment=environment(),
        since_at=EPOCH - timedelta(minutes=5),
        through_at=EPOCH,
        made_at=EPOCH,
        nodes=nodes,
        edges=edges,
    )


@pytest.mark.parametrize("teams", [2, 5, 12, 40, 60])
def test_lines_stay_few_and_every_team_keeps_its_strongest(teams: int) -> None:
    found = grouped(*busy(teams))
    drawn = min(teams, choice.MOST)
    assert len(found.ways) == teams * (teams - 1)
    assert len(found.links) == drawn * (drawn - 1) // 2
    assert len(found.chosen) + len(found.left) == len(found.links)
    assert len(found.chosen) <= max(FEW, drawn * EACH, choice.MOST)
    for group in found.drawn:
        strongest = next(link for link in found.links if group in link.ends)
        assert strongest in found.chosen


def test_calls_both_ways_are_one_line_with_both_shares() -> None:
    found = grouped(*busy(2))
    (link,) = found.chosen
    assert (link.there.caller.key, link.there.calls, link.there.share) == ("t1", 501, 1.0)
    assert link.back is not None
    assert (link.back.caller.key, link.back.calls) == ("t0", 500)


def test_what_passes_trouble_on_is_drawn_before_what_is_called_more() -> None:
    graph, groups = busy(30, failing=True)
    found = grouped(graph, groups)
    assert found.ways[0].hot
    for group in found.drawn:
        own = [link for link in found.chosen if group in link.ends]
        assert any(link.hot for link in own)
    assert any(link.hot for link in found.left) is (len([x for x in found.links if x.hot]) > 40)


def test_a_team_is_shown_with_all_whom_it_calls_and_who_calls_it() -> None:
    graph, groups = busy(30)
    found = grouped(graph, groups, groups["t7"])
    assert len(found.chosen) == 29
    assert not found.left
    assert {group.key for link in found.chosen for group in link.ends} == set(groups)
    assert found.drawn[0].key == "t7"


@pytest.mark.parametrize("teams", [12, 40])
def test_where_all_call_each_other_the_picture_fits_a_screen(teams: int) -> None:
    found = grouped(*busy(teams))
    drawn = draw(found, "/graph/?environment=production", "teams")
    assert drawn.folded
    assert drawn.picture.width <= WIDEST
    assert len(drawn.picture.lines) == len(found.chosen)
    boxes = {(box.x, box.y) for box in drawn.picture.boxes}
    assert len(boxes) == teams


def test_groups_that_call_one_way_stay_in_the_order_of_calls() -> None:
    names = [f"t{at}" for at in range(8)]
    nodes = {name: Node(name, 1, 1.0, 1.0) for name in names}
    edges = tuple(Edge(one, other, calls=5) for one, other in zip(names, names[1:], strict=False))
    groups = {name: Group(name, name, f"team={name}") for name in names}
    drawn = draw(grouped(Graph("production", EPOCH, EPOCH, nodes, edges), groups), "/graph/?", "teams")
    assert not drawn.folded
    places = {box.node.key: box.x for box in drawn.picture.boxes}
    assert [places[name] for name in names] == sorted(places.values(), reverse=True)


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(0, 99)), max_size=60))
def test_every_call_between_groups_is_counted_once(calls: list[tuple[int, int, int]]) -> None:
    names = [f"s{at}" for at in range(9)]
    groups = {name: Group(str(at % 3), str(at % 3), f"tier={at % 3}") for at, name in enumerate(names)}
    edges = {(a, b): many for a, b, many in calls if a != b}
    graph = Graph(
        "production",
        EPOCH,
        EPOCH,
        {name: Node(name, 1, 1.0, 1.0) for name in names},
        tuple(Edge(names[a], names[b], calls=many) for (a, b), many in edges.items()),
    )
    found = grouped(graph, groups)
    between = {pair: many for pair, many in edges.items() if pair[0] % 3 != pair[1] % 3}
    assert sum(way.calls for way in found.ways) == sum(between.values())
    assert sum(len(way.edges) for way in found.ways) == len(between)
    assert sum(len(link.ways) for link in found.links) == len(found.ways)
    for group in set(groups.values()):
        shares = [way.share for way in found.ways if way.caller == group and way.share is not None]
        assert not shares or sum(shares) == pytest.approx(1)


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(person("reader@example.test"))
    return client


@pytest.mark.django_db
def test_the_page_says_how_many_lines_are_left_out_and_has_all_in_its_table(reader: Client) -> None:
    kept(busy(12)[0])
    text = reader.get("/graph/?view=teams").content.decode()
    found = grouped(*busy(12))
    assert text.count('<g class="node ') == 12
    assert text.count('<path class="edge ') == len(found.chosen) + 3  # those of the key
    assert f"The strongest lines of each are drawn, {len(found.left)} are left out." in " ".join(text.split())
    assert "132 ways" in text
    assert "Page 1 of 9" in text
    assert "ways=2" in text
    assert "Page 9 of 9" in reader.get("/graph/?view=teams&ways=9").content.decode()


@pytest.mark.django_db
def test_a_team_is_chosen_by_its_box_its_row_or_the_form(reader: Client) -> None:
    kept(busy(12)[0])
    text = reader.get("/graph/?view=teams").content.decode()
    assert text.count("view=teams&amp;team=team-t3") == 2
    assert '<option value="team-t3">team-t3</option>' in text
    assert '<input type="hidden" name="view" value="teams">' in text
    services = reader.get("/graph/?team=team-t3").content.decode()
    assert 'view=teams&amp;team=team-t3">Whom it calls</a>' in services
    small = reader.get("/graph/").content.decode()
    assert 'view=teams">By team</a>' in small
    assert 'aria-current="true">All services</a>' in small
    text = reader.get("/graph/?view=teams&team=team-t3").content.decode()
    assert "<b>team-t3, whom it calls and who calls it</b>" in text
    assert 'class="node pass focus"' in text
    assert "left out" not in text
    assert "22 ways" in text


@pytest.mark.django_db
def test_the_api_tells_groups_and_ways(reader: Client) -> None:
    kept(busy(3)[0])
    told = reader.get("/api/v1/graph/?environment=production&view=teams").json()
    assert told["view"] == "teams"
    assert (told["nodes"], told["edges"]) == ([], [])
    assert {row["group"]: row["services"] for row in told["groups"]} == {
        f"team-t{at}": [f"t{at}"] for at in range(3)
    }
    way = next(row for row in told["ways"] if (row["caller"], row["callee"]) == ("team-t2", "team-t1"))
    assert way == {
        "caller": "team-t2", "callee": "team-t1", "dependencies": 1, "trouble": 0, "calls": 502,
        "share": pytest.approx(502 / (502 + 335)), "bad": 0.0,
    }  # fmt: skip
    told = reader.get("/api/v1/graph/?environment=production&view=teams&team=team-t2").json()
    assert len(told["ways"]) == 4
    told = reader.get("/api/v1/graph/?environment=production&view=tiers").json()
    assert [row["group"] for row in told["groups"]] == ["1"]
    assert json.dumps(told["ways"]) == "[]"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "view", "services"),
    [
        ("", "all", {"t0", "t1", "t2"}),
        ("&view=trouble", "trouble", {"t0", "t1", "t2"}),
        ("&culprit=t0", "trouble", {"t0", "t1", "t2"}),
        ("&team=team-t1", "team", {"t0", "t1", "t2"}),
        ("&tier=1", "tier", {"t0", "t1", "t2"}),
        ("&focus=t1&depth=1", "around", {"t0", "t1", "t2"}),
    ],
)
def test_the_api_takes_what_the_page_takes(reader: Client, query: str, view: str, services: set[str]) -> None:
    graph, _groups = busy(3)
    nodes = {**graph.nodes, "t0": Node("t0", 1, 0.0, 0.0, parts=(("errors", 0.0, "80 % failed"),))}
    nodes |= {name: Node(name, 1, 1.0, 0.5, through="t0", root="t0") for name in ("t1", "t2")}
    kept(Graph("production", EPOCH, EPOCH, nodes, graph.edges))
    told = reader.get(f"/api/v1/graph/?environment=production{query}").json()
    assert told["view"] == view
    assert {node["service"] for node in told["nodes"]} == services
    if view == "trouble":
        assert told["culprit"]["key"] == "t0"
        assert set(told["culprit"]["victims"]) == {"t1", "t2"}
    else:
        assert told["culprit"] is None
