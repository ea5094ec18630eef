"""One alert per culprit: opened, kept up to date, closed, told to the team that owns it."""

import pytest

from rollouts.audit.models import Event
from rollouts.audit.services import read
from rollouts.catalog.models import Service
from rollouts.health import queries
from rollouts.health.models import Alert
from tests.health.graphs import CALLED_FAILING, FAILING_DB, WELL, composed, counts, failing, shop, well

pytestmark = pytest.mark.django_db


def kinds() -> list[tuple[str, str]]:
    return [
        (event.stream, event.kind) for event in Event.objects.filter(kind__startswith="alert.").order_by("pk")
    ]


def test_a_culprit_seen_twice_opens_one_alert_with_its_victims_inside() -> None:
    here = shop()
    failing(here, [0])
    assert queries.alerts() == []
    failing(here, [1, 2])
    (row,) = queries.alerts()
    assert (row.root, row.service.slug, row.victims, row.priority) == ("db", "db", ["web", "api"], "P1")
    assert row.points == pytest.approx(8 * 1 * 2.584963)
    assert kinds() == [("service:db", "alert.opened")]
    said = read(Event.objects.get(kind="alert.opened").pk).content
    assert said["victims"] == ["web", "api"]
    assert said["sentence"] == (
        "P1: db causes trouble in production: 7.5 % of 160 requests failed; the limit is 1 %."
        " It makes web, api suffer."
    )
    assert [each.pk for each in queries.alerts(service="web")] == [row.pk]
    assert queries.alerts(service="rec") == []
    assert queries.alerts(environment="staging") == []


def test_one_bad_look_is_forgotten() -> None:
    here = shop()
    failing(here, [0])
    assert Alert.objects.count() == 1
    for number in range(1, 6):
        counts(here, number, served={name: (0, 4 * total) for name, (_bad, total) in WELL.items()})
    composed(here)
    assert Alert.objects.count() == 0
    assert kinds() == []


def test_it_closes_after_five_calm_windows_and_not_before() -> None:
    here = shop()
    failing(here, [0, 1])
    well(here, range(2, 6))
    (row,) = queries.alerts()
    assert row.calm == 0  # the windows with failures are among the five that are added up
    well(here, range(6, 10))
    (row,) = queries.alerts()
    assert row.calm == 4
    well(here, [10])
    assert queries.alerts() == []
    (closed,) = queries.alerts(closed=True)
    assert closed.closed_at is not None
    assert kinds() == [("service:db", "alert.opened"), ("service:db", "alert.closed")]
    failing(here, range(11, 16))
    assert len(queries.alerts(closed=True)) == 2
    assert [row.closed_at is None for row in queries.alerts(closed=True)] == [True, False]


def test_a_relapse_starts_the_calm_anew() -> None:
    here = shop()
    failing(here, [0, 1])
    well(here, range(2, 9))
    assert queries.alerts()[0].calm == 3
    failing(here, [9, 10, 11])
    assert queries.alerts()[0].calm == 0
    assert kinds() == [("service:db", "alert.opened")]


def test_two_culprits_stand_by_business_impact() -> None:
    here = shop()
    for number in (0, 1):
        counts(
            here,
            number,
            served={**FAILING_DB, "rec": (20, 50)},
            called={**CALLED_FAILING, ("web", "rec"): (2, 5)},
        )
        composed(here)
    assert [(row.root, row.priority) for row in queries.alerts()] == [("db", "P1"), ("rec", "P4")]
    assert queries.alerts()[1].victims == []


def test_errors_on_the_way_are_told_to_the_caller() -> None:
    here = shop()
    for number in (0, 1):
        counts(
            here,
            number,
            served={"web": (9, 100), "api": (0, 100)},
            called={("web", "api"): (9, 100), ("web", "rec"): (0, 3)},
        )
        composed(here)
    (row,) = queries.alerts()
    assert (row.root, row.kind, row.service.slug, row.victims) == ("web->api", "edge", "web", ["web"])
    assert "sees calls of api fail that api answers well" in row.words


def test_a_circle_and_a_silent_one_have_alerts_too() -> None:
    here = shop()
    Service.objects.filter(slug="rec").update(tier=0)
    for number in (0, 1):
        counts(
            here,
            number,
            served={"web": (10, 100), "api": (10, 100), "db": (30, 100)},
            called={("web", "api"): (10, 100), ("api", "web"): (10, 100), ("db", "rec"): (30, 100)},
        )
        composed(here)
    told = {row.root: (row.kind, row.words) for row in queries.alerts()}
    assert told["cycle api web"] == ("cycle", "api, web call each other in a circle and all fail.")
    assert told["rec"][0] == "service"
    assert "30 % of 200 requests failed, as its callers counted" in told["rec"][1]
