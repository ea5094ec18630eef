"""The dependency map: what is drawn, the same in tables, and the API that tells it."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from rollouts.accounts.models import Person
from rollouts.catalog.models import Service
from rollouts.contracts.models import Dependency
from rollouts.health.models import Series
from tests.accounts.factories import person
from tests.health.factories import environment, series, service, team, window
from tests.health.graphs import CALLED_WELL, WELL, composed, counts, failing, shop, well

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(person("reader@example.test"))
    return client


def page(reader: Client, query: str = "") -> str:
    answer = reader.get(f"/graph/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def fleet(many: int, *, failing: bool = True) -> None:
    """So many services in teams of ten, each calling the next, of which one fails."""
    here = shop()
    for at in range(many):
        Service.objects.create(
            slug=f"s{at}", name=f"Service {at}", team=team(f"team-{at // 10}"), tier=at % 4
        )
    found = list(Service.objects.filter(slug__startswith="s").order_by("pk"))
    Dependency.objects.bulk_create(
        Dependency(service=one, on=other) for one, other in zip(found, found[1:], strict=False)
    )
    counts(here, 0, served=WELL, called=CALLED_WELL)
    for at, row in enumerate(found):
        window(series(here, service=row), 0, 40 if failing and at == 20 else 0, 100)
    Series.objects.update(last_seen_at=here.collected_through_at)
    composed(here)


def test_nothing_measured_says_what_to_do(reader: Client) -> None:
    environment()
    assert "Nothing was measured here yet" in page(reader)


def test_trouble_is_drawn_from_the_culprit_to_its_victims_and_told_in_words(reader: Client) -> None:
    failing(shop(), [0, 1])
    text = page(reader)
    assert 'aria-label="Db, Culprit: failing"' in text
    assert 'aria-label="Web, Failing, suffers through api"' in text
    assert text.count('class="edge hot"') == 1 + 2  # one of them in the key
    assert "80\u00a0%, 7.5\u00a0% failed" in text
    assert "Its errors come from Db, through Api." in text
    assert "7.5 % of 160 requests failed; the limit is 1 %." in text
    assert "1 alert" in text
    assert "P1" in text


def test_the_focus_is_taken_by_name_or_slug_and_what_is_unknown_is_said(reader: Client) -> None:
    well(shop(), [0])
    text = page(reader, "?focus=API&depth=1")
    assert 'class="node pass focus"' in text
    assert "<b>Around Api</b>" in text
    assert 'aria-label="Rec, Healthy"' not in text
    assert 'aria-label="Rec, Healthy"' in page(reader, "?focus=api&depth=2")
    text = page(reader, "?focus=nobody")
    assert "There is no service named nobody." in text
    assert 'aria-label="Rec, Healthy"' in text


@pytest.mark.parametrize("query", ["?environment=nowhere", "?depth=99", "?depth=x", "?team=none", "?page=zz"])
def test_what_makes_no_sense_shows_everything(reader: Client, query: str) -> None:
    well(shop(), [0])
    assert 'aria-label="Db, Healthy"' in page(reader, query)


def test_what_is_declared_and_what_is_seen_are_compared(reader: Client) -> None:
    here = shop()
    Dependency.objects.filter(on__slug="db").delete()
    Dependency.objects.create(service=service("db"), on=service("rec"))
    well(here, [0])
    text = page(reader)
    assert "1 is seen and not declared" in text
    assert "1 is declared and was never seen" in text
    assert "nobody declared it" in text
    assert 'class="edge seen"' in text
    assert 'class="edge unseen"' in text


def test_a_large_fleet_begins_where_the_trouble_is(reader: Client) -> None:
    fleet(120)
    text = page(reader)
    assert "<b>Service 20 and whom it hurts</b>" in text
    assert 'aria-label="Service 20, Culprit: failing"' in text
    assert 'view=trouble" aria-current="true">Where the trouble is' in text
    # Twenty call one another in a line up to it: eighteen are drawn, the others by tier.
    assert text.count('<g class="node ') == 18 + 3
    assert "more of tier" in text
    assert "Service 21</a>" not in text


def test_a_culprit_is_chosen_by_its_alert(reader: Client) -> None:
    failing(shop(), [0, 1])
    assert "culprit=db" in page(reader)
    text = page(reader, "?environment=production&culprit=db")
    assert "<b>Db and whom it hurts</b>" in text
    assert text.count('<g class="node ') == 3
    assert "All services" in text
    assert 'aria-label="Rec, Healthy"' in page(reader, "?culprit=nobody")


def test_a_large_fleet_is_drawn_by_tier_or_team_and_each_by_its_services(reader: Client) -> None:
    fleet(120)
    text = page(reader, "?view=teams")
    assert "A large fleet is drawn by teams" in text
    assert text.count('<g class="node ') == 12
    assert 'aria-label="team-2, 10 services, 1 of 10 failing"' in text
    text = page(reader, "?team=team-2")
    assert "<b>team-2 and its neighbours</b>" in text
    assert 'aria-label="Service 20, Culprit: failing"' in text
    assert 'aria-label="Service 19, Failing"' in text
    text = page(reader, "?view=tiers")
    assert text.count('<g class="node ') == 4
    assert "Choose a tier" in text
    assert "<b>Tier 1 and its neighbours</b>" in page(reader, "?tier=1")
    text = page(reader, "?focus=s60&depth=2")
    assert text.count('<g class="node ') == 5


def test_a_large_fleet_without_trouble_is_drawn_by_tier(reader: Client) -> None:
    fleet(120, failing=False)
    text = page(reader)
    assert "Where the trouble is" not in text
    assert text.count('<g class="node ') == 4
    assert page(reader, "?view=trouble").count('<g class="node ') == 4


def test_answers_are_timed_from_end_to_end_and_hop_by_hop(reader: Client) -> None:
    here = shop()
    whole, hop = (
        series(here, signal="latency", service=service("api")),
        series(here, signal="latency", service=service("db"), perspective="callers", caller="api"),
    )
    window(whole, 0, 0, 100, buckets=[[0.1, 50], [0.5, 100], [None, 100]])
    window(hop, 0, 0, 80, buckets=[[0.1, 80], [None, 80]])
    window(hop, -30, 0, 80, buckets=[[0.1, 0], [None, 80]])  # long before the graph's windows
    well(here, [0])
    text = page(reader)
    assert text.count("460\u00a0ms") == 1
    assert text.count("95\u00a0ms") == 1
    told = reader.get("/api/v1/graph/?environment=production").json()
    api, db = (next(row for row in told["nodes"] if row["service"] == name) for name in ("api", "db"))
    assert api["latency"] == {"p50_s": 0.1, "p95_s": pytest.approx(0.46), "timed": 100}
    assert db["latency"] is None, "it counted no times itself"
    (edge,) = (row for row in told["edges"] if (row["caller"], row["callee"]) == ("api", "db"))
    assert edge["latency"] == {"p50_s": 0.05, "p95_s": pytest.approx(0.095), "timed": 80}


def test_names_that_people_chose_are_escaped(reader: Client) -> None:
    here = shop()
    Service.objects.filter(slug="db").update(name="<script>alert(1)</script>")
    failing(here, [0, 1])
    assert "<script>alert(1)" not in page(reader)


@pytest.mark.parametrize("many", [50, 150])
def test_the_page_takes_as_many_queries_however_large_the_fleet(
    reader: Client, many: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    fleet(many)
    page(reader)
    with django_assert_num_queries(8):
        page(reader)


def test_the_api_tells_the_same(reader: Client) -> None:
    failing(shop(), [0, 1])
    answer = reader.get("/api/v1/graph/?environment=production&focus=api&depth=1")
    assert answer.status_code == 200
    told = answer.json()
    assert {node["service"] for node in told["nodes"]} == {"web", "api", "db"}
    web = next(node for node in told["nodes"] if node["service"] == "web")
    assert (web["status"], web["root"], web["through"]) == ("failing", "db", "api")
    assert {(edge["caller"], edge["callee"], edge["kind"]) for edge in told["edges"]} == {
        ("web", "api", "hard"),
        ("api", "db", "hard"),
    }
    (alert,) = reader.get("/api/v1/alerts/?environment=production").json()["results"]
    assert (alert["root"], alert["service"], alert["victims"], alert["priority"]) == (
        "db", "db", ["web", "api"], "P1",
    )  # fmt: skip
    assert reader.get("/api/v1/alerts/?service=web").json()["count"] == 1
    assert reader.get("/api/v1/alerts/?service=rec").json()["count"] == 0


@pytest.mark.parametrize(
    ("query", "status", "said"),
    [
        ("", 400, "environment"),
        ("?environment=nowhere", 404, "no environment"),
        ("?environment=staging", 404, "No window"),
        ("?environment=production&focus=nobody", 404, "no service"),
        ("?environment=production&depth=99", 400, "depth"),
        ("?environment=production&view=everything", 400, "view"),
        ("?environment=production&team=nobody", 404, "no team"),
        ("?environment=production&tier=7", 404, "no service of tier 7"),
        ("?environment=production&tier=x", 400, "tier"),
        ("?environment=production&culprit=nobody", 404, "no trouble now"),
    ],
)
def test_the_api_says_what_is_wrong(reader: Client, query: str, status: int, said: str) -> None:
    environment("staging")
    well(shop(), [0])
    answer = reader.get(f"/api/v1/graph/{query}")
    assert answer.status_code == status
    assert said in answer.content.decode()


def test_strangers_see_nothing(client: Client) -> None:
    assert client.get("/graph/").status_code == 302
    assert client.get("/api/v1/graph/?environment=production").status_code in (401, 403)
    assert not Person.objects.exists()
