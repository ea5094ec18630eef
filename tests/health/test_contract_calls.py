"""Which version of a contract calls speak: counted by labels, over a day and a month, on page and API."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.contracts.models import Contract
from rollouts.health import hours
from rollouts.health.counters import Increase
from rollouts.health.models import Hour, Window
from rollouts.health.queries import spoken, trend
from rollouts.health.signals import Measured, Subject, measure
from rollouts.health.values import Perspective, Signal, contract_series
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.health.factories import EPOCH, environment, series, service, source

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NAME = contract_series("orders-api")


def fill(version: str, hour: int, many: int, since: Any = EPOCH) -> None:
    here = source(window_s=60) if not service().series.exists() else service().series.first().source  # type: ignore[union-attr]
    row = series(here, version=version, name=NAME)
    Window.objects.create(series=row, start_at=since + hour * HOUR, total=many)


def asked(many_hours: int = 6) -> Any:
    return spoken(service().pk, environment().pk, since=EPOCH, until=EPOCH + many_hours * HOUR, step_s=3600)


def test_labels_of_a_request_name_the_contract_and_its_version_beside_all_requests() -> None:
    labels = {"service": "orders", "version": "3.0.0", "code": "500"}
    increases = [
        Increase(
            "http_server_requests_total", {**labels, "contract": "orders-api", "contract_version": "2"}, 4
        ),
        Increase(
            "http_server_requests_total", {**labels, "contract": "orders-api", "contract_version": "3"}, 6
        ),
        Increase("http_server_requests_total", {**labels, "contract": "orders-api"}, 1),
        Increase("http_server_requests_total", labels, 2),
    ]
    found = measure(increases, [], service="orders", version="")

    def subject(version: str, name: str = "") -> Subject:
        return Subject("orders", version, Signal.ERRORS, Perspective.SERVER, "", name)

    assert found == {
        subject("3.0.0"): Measured(13, 13),
        subject("2", NAME): Measured(4, 4),
        subject("3", NAME): Measured(6, 6),
    }


def test_calls_are_told_by_version_and_step_from_hours_and_windows_alike() -> None:
    assert asked() == []
    for hour, old, new in ((0, 90, 10), (1, 50, 50), (3, 10, 30)):
        fill("2", hour, old)
        fill("3", hour, new)
    before = asked()
    (one,) = before
    assert one.contract == "orders-api"
    assert [one.versions["2"].get(EPOCH + hour * HOUR) for hour in range(4)] == [90, 50, None, 10]
    here = service().series.first()
    assert here is not None
    here.source.collected_through_at = EPOCH + 3 * HOUR
    here.source.save()
    hours.roll(here.source_id)
    assert Hour.objects.count() == 4
    Window.objects.filter(start_at__lt=EPOCH + 3 * HOUR).update(total=1)
    assert asked() == before
    told = trend(service().pk, environment().pk, since=EPOCH, until=EPOCH + HOUR, step_s=3600, slow_s=1)
    assert told.steps[0].total == 0  # these are no further requests


def test_page_and_api_show_shares_and_ask_the_same_number_of_questions() -> None:
    Contract.objects.create(slug="orders-api", name="Orders API", provider=service(), format="openapi")
    now = database_now().replace(minute=0, second=0, microsecond=0)
    for hour, old, new in ((-3, 90, 10), (-1, 25, 75)):
        fill("2", hour, old, now)
        fill("3", hour, new, now)
    client = signed_in(person("mina@example.test"))
    counts = set()
    for name, many in (("24h", 2), ("7d", 1), ("30d", 1)):
        with CaptureQueriesContext(connection) as captured:
            text = client.get(f"/services/orders/?range={name}").content.decode()
        counts.add(len(captured))
        assert "Versions of Orders API that calls speak" in text
        assert 'href="/contracts/orders-api/"' in text
        told = client.get(f"/api/v1/services/orders/contract-calls/?range={name}").json()
        (contract,) = told["contracts"]
        assert contract["contract"] == "orders-api"
        assert [each["version"] for each in contract["versions"]] == ["2", "3"]
        steps = contract["versions"][1]["steps"]
        assert many <= len(steps) <= 2
        assert sum(step["calls"] for step in steps) == 85
    text = client.get("/services/orders/").content.decode()
    newest, first = "2: 25\xa0%, 3: 75\xa0%", "2: 90\xa0%, 3: 10\xa0%"
    assert f"Orders API: {newest} in the newest step with calls, {first} in the first." in text
    assert len(counts) == 1
    steps = client.get("/api/v1/services/orders/contract-calls/").json()["contracts"][0]["versions"][0][
        "steps"
    ]
    assert [step["share"] for step in steps] == [0.9, 0.25]
    assert client.get("/api/v1/services/orders/contract-calls/?environment=nowhere").status_code == 404


def test_without_the_labels_nothing_is_said_of_contracts() -> None:
    environment()
    service()
    assert (
        "that calls speak"
        not in signed_in(person("mina@example.test")).get("/services/orders/").content.decode()
    )
