"""From windows to the graph of an environment, and what is read of it."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from rollouts.catalog.models import Service
from rollouts.contracts.models import Dependency
from rollouts.health import queries
from rollouts.health.composite.rollup import Judgement, Status
from rollouts.health.graph import composing
from rollouts.health.models import GraphSnapshot, ObservedEdge, Series, Slo
from rollouts.health.values import Perspective
from rollouts.lib.clock import database_now
from tests.health.factories import EPOCH, environment, series, service, window
from tests.health.graphs import CALLED_WELL, WELL, composed, counts, failing, shop, well

pytestmark = pytest.mark.django_db


def test_a_closed_window_makes_one_snapshot() -> None:
    here = shop()
    assert composing.due(database_now(), 10) == []
    counts(here, 0, served=WELL, called=CALLED_WELL)
    assert composing.due(database_now(), 10) == [here.environment_id]
    row = composed(here)
    assert row.through_at == EPOCH + timedelta(seconds=5)
    assert composing.due(database_now(), 10) == []
    composing.compose(here.environment_id)
    assert GraphSnapshot.objects.count() == 1


def test_health_follows_the_calls_and_the_culprit_is_named() -> None:
    here = shop()
    failing(here, [0])
    found = queries.graph("production")
    assert found is not None
    db, web = found.nodes["db"], found.nodes["web"]
    assert (db.errors, db.root, db.signal, db.status) == (0.075, "db", 0.0, Status.FAILING)
    assert db.parts == (("errors", 0.0, "7.5 % of 80 requests failed; the limit is 1 %"),)
    assert (web.root, web.through, web.own_errors) == ("db", "api", 0.0)
    assert found.nodes["api"].health == 0.0
    assert found.nodes["rec"].status is Status.HEALTHY
    shares = {(edge.caller, edge.callee): (edge.share, edge.bad, edge.hard) for edge in found.edges}
    assert shares["api", "db"] == (0.8, 0.075, True)
    assert shares["web", "rec"] == (0.5, 0.0, False)


def test_what_nobody_measures_is_unknown_and_a_dead_service_fails_by_its_callers() -> None:
    here = shop()
    counts(here, 0, served={"web": (20, 100)}, called={("web", "api"): (20, 100)})
    composed(here)
    found = queries.graph("production")
    assert found is not None
    assert (found.nodes["db"].signal, found.nodes["db"].status) == (None, Status.UNKNOWN)
    api = found.nodes["api"]
    assert api.parts == (
        ("errors", 0.0, "20 % of 100 requests failed, as its callers counted; the limit is 1 %"),
    )
    assert found.nodes["web"].root == "api"


def test_too_few_requests_say_nothing_and_two_failures_are_none() -> None:
    here = shop()
    counts(here, 0, served={"web": (9, 9), "api": (2, 20)})
    composed(here)
    found = queries.graph("production")
    assert found is not None
    assert (found.nodes["web"].signal, found.nodes["api"].signal) == (None, 1.0)


def test_a_burning_budget_is_part_of_the_signal_and_a_target_sets_the_limit() -> None:
    here = shop()
    slo = Slo.objects.create(
        slug="s", title="API answers", service=service("api"), environment=environment(), target=0.99
    )
    counts(here, 0, served={**WELL, "api": (5, 100)}, called=CALLED_WELL)
    composed(here)
    found = queries.graph("production")
    assert found is not None
    assert found.nodes["api"].signal == 1.0
    Slo.objects.filter(pk=slo.pk).update(firing="ticket")
    counts(here, 1, served=WELL, called=CALLED_WELL)
    composed(here)
    found = queries.graph("production")
    assert found is not None
    assert found.nodes["api"].signal == 0.5
    assert found.nodes["api"].parts[1] == (
        "budget", 0.5, "API answers burns its error budget too fast (ticket)",
    )  # fmt: skip
    assert found.nodes["web"].status is Status.DEGRADED


def test_declared_and_seen_stand_beside_each_other() -> None:
    here = shop()
    Dependency.objects.filter(on__slug="db").update(gone_at=database_now())
    Dependency.objects.create(service=service("db"), on=service("rec"))
    counts(here, 0, served=WELL, called=CALLED_WELL)
    composed(here)
    found = queries.graph("production")
    assert found is not None
    told = {(edge.caller, edge.callee): (edge.declared, edge.seen, edge.share) for edge in found.edges}
    assert told["api", "db"] == (False, True, 0.8)
    assert told["db", "rec"] == (True, False, None)  # nobody counts what db calls
    assert told["web", "api"] == (True, True, 1.0)
    counts(here, 1, served=WELL, called={("web", "rec"): (0, 10)})
    # web counts its calls, and has not called api for as long as is looked back.
    for number in range(2, 7):
        counts(here, number, served=WELL, called={("web", "rec"): (0, 10)})
    composed(here)
    found = queries.graph("production")
    assert found is not None
    (edge,) = [each for each in found.edges if (each.caller, each.callee) == ("web", "api")]
    assert (edge.share, edge.seen, edge.call.passes_on) == (0.0, True, 0.0)


def test_edges_keep_when_they_were_first_and_last_seen() -> None:
    here = shop()
    well(here, [0])
    row = ObservedEdge.objects.get(caller="web", callee="api")
    early = row.first_seen_at - timedelta(hours=2)
    ObservedEdge.objects.filter(pk=row.pk).update(first_seen_at=early, last_seen_at=early)
    well(here, [1])
    row.refresh_from_db()
    assert row.first_seen_at == early
    assert row.last_seen_at > early
    assert len(queries.observed("production")) == 3


def test_tracing_and_meshes_draw_edges_where_callers_count_nothing() -> None:
    here = shop()
    counts(here, 0, served=WELL, called={("web", "api"): (0, 100)})
    counts(
        here,
        0,
        served={},
        called={("web", "api"): (50, 50), ("api", "db"): (8, 80)},
        side=Perspective.BETWEEN,
    )
    composed(here)
    found = queries.graph("production")
    assert found is not None
    told = {(edge.caller, edge.callee): (edge.calls, edge.bad) for edge in found.edges if edge.calls}
    assert told == {("web", "api"): (100, 0.0), ("api", "db"): (80, 0.1)}
    # Gates and pages never judge what may be a sample.
    pair = (service("db").pk, environment().pk)
    grid = queries.grids([pair], since=EPOCH)[pair]
    assert {cell.perspective for cells in grid.cells.values() for cell in cells} == {Perspective.SERVER}


def test_composite_of_a_change_names_what_decided_and_what_failed_before() -> None:
    here = shop()
    well(here, [0])
    start = EPOCH + timedelta(seconds=5)
    failing(here, [1, 2])
    found = queries.composite(["api"], "production", since=start)
    assert found is not None
    assert found.said.judgement is Judgement.FAIL
    assert {node.service for node in found.nodes} == {"web", "api", "db"}
    assert {node.service for node in found.deciding} == {"web", "api", "db"}
    assert found.before == ()
    later = queries.composite(["api"], "production", since=start + timedelta(seconds=10))
    assert later is not None
    assert set(later.before or ()) == {"web", "api", "db"}
    unknown = queries.composite(["api"], "production", since=EPOCH - timedelta(days=1))
    assert unknown is not None
    assert unknown.before is None
    assert queries.composite(["nobody"], "production") is None
    assert queries.composite(["api"], "staging") is None


def test_old_snapshots_lose_their_nodes_and_then_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composing, "KEPT", 8)
    here = shop()
    well(here, range(10))
    rows = list(GraphSnapshot.objects.order_by("through_at"))
    assert len(rows) == 8
    assert [row.nodes is None for row in rows] == [True] * 3 + [False] * 5


@pytest.mark.parametrize("many", [1, 60])
def test_a_snapshot_takes_as_many_queries_however_many_services(
    many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    here = shop()
    counts(here, 0, served=WELL, called=CALLED_WELL)
    for at in range(many):
        window(series(here, service=service(f"s{at}")), 0, 0, 100)
    Series.objects.update(last_seen_at=here.collected_through_at)
    with django_assert_num_queries(22):
        composing.compose(here.environment_id)
    assert Service.objects.count() == many + 5
