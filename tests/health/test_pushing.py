"""Counts of windows that are pushed: once, in time, within bounds, by those who may."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.accounts.models import Person
from rollouts.accounts.services import issue_token
from rollouts.accounts.values import Scope
from rollouts.audit.values import Face
from rollouts.health import services
from rollouts.health.models import Pushed, Series, Source, Window
from rollouts.health.queries import spoken
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import EPOCH, service, source

pytestmark = pytest.mark.django_db

NOW = EPOCH + timedelta(seconds=3)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    from rollouts.health import collecting
    from rollouts.health.pushing import services as pushing

    def at(seconds: float) -> None:
        for module in (collecting, services, pushing):
            monkeypatch.setattr(module, "database_now", lambda: EPOCH + timedelta(seconds=seconds))

    at(3)
    return at


@pytest.fixture
def fleet() -> Source:
    service()
    return source("batch", kind="push", team=owners("orders", planner=[planner()]), delay_s=2, due_at=EPOCH)


def planner() -> Person:
    return Person.objects.filter(email="plan@example.test").first() or person("plan@example.test")


def token(scope: Scope = Scope.WRITE, who: Person | None = None) -> str:
    return issue_token(person=who or planner(), name="ci", scope=scope, days=1, face=Face.PAGE)[1]


def push(client: Client, *entries: dict[str, Any], bearer: str | None = None, slug: str = "batch") -> Any:
    return client.post(
        f"/api/v1/sources/{slug}/measurements/",
        {"measurements": list(entries)},
        content_type="application/json",
        headers={"Authorization": f"Bearer {bearer or token()}"},
    )


def entry(start: datetime = EPOCH, **fields: Any) -> dict[str, Any]:
    made = {"service": "orders", "version": "3.0.0", "signal": "errors", "start": start.isoformat()}
    return {**made, "bad": 2, "total": 40, **fields}


def test_counts_become_the_window_once_it_closes(client: Client, fleet: Source, clock: Any) -> None:
    buckets = [[0.1, 30], [None, 40]]
    latency: dict[str, Any] = {"signal": "latency", "buckets": buckets}
    answer = push(
        client,
        entry(instance="a"),
        entry(instance="b", bad=0, total=10),
        entry(**latency),
        entry(signal="saturation", value=0.5),
        entry(perspective="callers", caller="checkout"),
    )
    assert (answer.status_code, answer.json()) == (200, {"taken": 5, "repeated": 0})
    assert not Window.objects.exists()
    clock(7)
    services.collect([fleet.pk])
    rows = Window.objects.order_by("series__signal", "series__perspective", "pk")
    assert list(rows.values_list("series__signal", "series__caller", "bad", "total", "value", "buckets")) == [
        ("errors", "checkout", 2, 40, None, None),
        ("errors", "", 2, 50, None, None),
        ("latency", "", 0, 40, None, buckets),
        ("saturation", "", 0, 0, 0.5, None),
    ]
    fleet.refresh_from_db()
    assert (fleet.last_error, fleet.collected_through_at) == ("", EPOCH + timedelta(seconds=5))


def test_the_same_again_changes_nothing_and_other_numbers_replace_until_it_closes(
    client: Client, fleet: Source, clock: Any
) -> None:
    bearer = token()
    assert push(client, entry(), bearer=bearer).json() == {"taken": 1, "repeated": 0}
    assert push(client, entry(), bearer=bearer).json() == {"taken": 0, "repeated": 1}
    assert push(client, entry(bad=3), bearer=bearer).json() == {"taken": 1, "repeated": 0}
    clock(7)
    # Closed by the clock, whether or not a worker has closed it already.
    for _ in range(2):
        assert push(client, entry(bad=3), bearer=bearer).json() == {"taken": 0, "repeated": 1}
        answer = push(client, entry(EPOCH + timedelta(seconds=5)), entry(bad=4), bearer=bearer)
        assert (answer.status_code, answer.json()["code"]) == (409, "window_closed")
        assert answer.json()["entries"][0]["index"] == 1
        assert "before the window closes" in answer.json()["remedy"]
        services.collect([fleet.pk])
    assert list(Window.objects.values_list("bad", "total")) == [(3, 40)]
    assert Pushed.objects.count() == 1


def test_a_window_that_nobody_pushed_is_a_gap(client: Client, fleet: Source, clock: Any) -> None:
    push(client, entry())
    clock(7)
    services.collect([fleet.pk])
    clock(12)
    services.collect([fleet.pk])
    assert list(Window.objects.order_by("start_at", "pk").values_list("total", "gap")) == [
        (40, False),
        (0, True),
    ]
    fleet.refresh_from_db()
    assert "Nothing was pushed" in fleet.last_error
    assert Series.objects.get().last_seen_at == EPOCH + timedelta(seconds=5)


def test_windows_that_the_worker_slept_through_are_no_gaps(client: Client, fleet: Source, clock: Any) -> None:
    bearer = token()
    for number in range(4):
        clock(5 * number + 3)
        push(client, entry(EPOCH + timedelta(seconds=5 * number), total=10 + number), bearer=bearer)
        if number == 0:
            clock(7)
            services.collect([fleet.pk])
    clock(22)
    services.collect([fleet.pk])
    assert list(Window.objects.order_by("start_at", "pk").values_list("total", "gap")) == [
        (10, False), (11, False), (12, False), (13, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({"start": EPOCH + timedelta(seconds=1)}, 422, "multiples of 5 s"),
        ({"start": EPOCH + timedelta(minutes=5)}, 422, "in the future"),
        ({"start": EPOCH - timedelta(days=36)}, 422, "older than"),
        ({"start": EPOCH - timedelta(minutes=5)}, 409, "is closed"),
        ({"service": "nobody"}, 422, "no service named nobody"),
        ({"bad": 41}, 400, "more than"),
        ({"bad": -1}, 400, "greater than or equal to 0"),
        ({"signal": "traffic"}, 400, "not a valid choice"),
        ({"signal": "latency"}, 400, "cumulative `buckets`"),
        ({"signal": "latency", "buckets": [[1, 5], [2, 4], [None, 6]]}, 400, "not cumulative"),
        ({"signal": "latency", "buckets": [[1, 5]]}, 400, "cumulative `buckets`"),
        ({"signal": "latency", "buckets": [[1, None], [None, 6]]}, 400, "needs its count"),
        ({"signal": "saturation"}, 400, "finite `value`"),
        ({"perspective": "callers"}, 400, "caller"),
        ({"caller": "checkout"}, 400, "caller"),
        ({"perspective": "between"}, 400, "not a valid choice"),
    ],
)
def test_what_cannot_be_taken_is_refused_as_a_whole(
    changed: dict[str, Any], status: int, said: str, client: Client, fleet: Source, clock: Any
) -> None:
    answer = push(client, entry(version="2"), entry(**changed))
    assert answer.status_code == status
    assert said in answer.content.decode()
    assert not Pushed.objects.exists()


def test_requests_that_say_which_contract_they_spoke_are_counted_once_and_by_its_versions(
    client: Client, fleet: Source, clock: Any
) -> None:
    two: dict[str, Any] = {"contract": "orders-api", "contract_version": "2"}
    three: dict[str, Any] = {**two, "contract_version": "3"}
    entries = [entry(**two), entry(**three, bad=1, total=10), entry(total=5)]
    assert push(client, *entries).json() == {"taken": 3, "repeated": 0}
    assert push(client, *entries).json() == {"taken": 0, "repeated": 3}
    clock(7)
    services.collect([fleet.pk])
    rows = Window.objects.order_by("series__name", "series__version").values_list(
        "series__name", "series__version", "bad", "total"
    )
    assert list(rows) == [
        ("", "3.0.0", 5, 55), ("contract:orders-api", "2", 2, 40), ("contract:orders-api", "3", 1, 10),
    ]  # fmt: skip
    (one,) = spoken(
        service().pk, fleet.environment_id, since=EPOCH, until=EPOCH + timedelta(hours=1), step_s=3600
    )
    assert one.versions == {"2": {EPOCH: 40}, "3": {EPOCH: 10}}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"contract": "orders-api"}, "belong together"),
        ({"contract_version": "2"}, "belong together"),
        ({"contract": "orders api", "contract_version": "2"}, "slug"),
        (
            {"contract": "a", "contract_version": "2", "signal": "latency", "buckets": [[None, 1]]},
            "belongs to errors",
        ),
        (
            {"contract": "a", "contract_version": "2", "perspective": "callers", "caller": "checkout"},
            "belongs to errors",
        ),
    ],
)
def test_a_contract_that_cannot_be_is_refused(
    client: Client, fleet: Source, clock: Any, fields: dict[str, Any], said: str
) -> None:
    answer = push(client, entry(**fields))
    assert answer.status_code in (400, 422)
    assert said in answer.content.decode()


def test_the_same_part_twice_in_one_push_is_refused(client: Client, fleet: Source, clock: Any) -> None:
    answer = push(client, entry(), entry(total=41))
    assert (answer.status_code, "twice" in answer.json()["detail"]) == (422, True)


def test_size_and_count_are_bounded(client: Client, fleet: Source, clock: Any) -> None:
    answer = push(client, *[entry(instance=str(number)) for number in range(1001)])
    assert (answer.status_code, "no more than 1000" in answer.content.decode()) == (400, True)
    answer = push(client, entry(instance="x" * 1_000_000))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_only_those_who_may_push_and_only_to_sources_of_this_kind(
    client: Client, fleet: Source, clock: Any
) -> None:
    assert push(client, entry(), bearer=token(Scope.READ)).status_code == 403
    assert push(client, entry(), bearer=token(who=person("other@example.test"))).status_code == 403
    assert push(client, entry(), slug="nowhere").status_code == 404
    source("asked", team=fleet.team)
    answer = push(client, entry(), slug="asked")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_push")
    Source.objects.filter(pk=fleet.pk).update(enabled=False)
    assert push(client, entry()).json()["code"] == "switched_off"
    assert not Pushed.objects.exists()


def test_the_page_declares_a_source_and_says_where_to_push(client: Client, fleet: Source) -> None:
    client.force_login(planner())
    fields = {"name": "jobs", "title": "Jobs", "environment": "production", "team": "orders", "window_s": 5}
    answer = client.post("/sources/new/push/", {**fields, "delay_s": 3})
    assert answer.status_code == 302
    row = Source.objects.get(slug="jobs")
    assert (row.kind, row.delay_s) == ("push", 3)
    page = client.get("/sources/jobs/").content.decode()
    assert "/api/v1/sources/jobs/measurements/" in page
    assert "/api/v1/sources/jobs/otlp/v1/metrics" in page
    assert client.post("/sources/jobs/", {**fields, "delay_s": 6}).status_code == 422
    assert "At most a window" in client.post("/sources/jobs/", {**fields, "delay_s": 6}).content.decode()
