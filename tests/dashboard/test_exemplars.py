"""Single requests on the pages of gates and services, and over the API, as links into the trace system."""

from datetime import timedelta
from typing import Any

import pytest

from rollouts.accounts.models import Person
from rollouts.health.models import Exemplar, Series
from rollouts.health.values import Signal
from rollouts.lib.clock import database_now
from rollouts.lib.links import fill, read
from tests.accounts.factories import person
from tests.dashboard.test_gate_page import COMPARE, judged
from tests.dashboard.test_gate_page import mina as mina
from tests.dashboard.test_rollout_page import signed_in
from tests.gates.factories import METRIC, gate
from tests.health.factories import environment, series, service, source

pytestmark = pytest.mark.django_db

LINKS = '{"Tempo": "https://t.test/{trace}?e={environment}", "Logs": "https://l.test/?s={service}"}'


def named(row: Series, trace: str, value: float = 1, minutes: float = 0.5) -> None:
    at = database_now() - timedelta(minutes=minutes)
    Exemplar.objects.create(series=row, trace_id=trace * 32, value=value, at=at)


def test_a_gate_shows_the_requests_behind_what_it_looks_at(mina: Person, settings: Any) -> None:
    settings.GATEHOUSE_LINKS = read(LINKS)
    rollout = judged(METRIC, COMPARE)
    new = Series.objects.get(version="3.0.0")
    named(new, "a")
    named(Series.objects.get(version="2.4.0"), "b")
    named(new, "c", minutes=60)
    named(series(new.source, version="1.0.0"), "d")
    named(series(new.source, signal=Signal.LATENCY), "e", 0.25)
    client = signed_in(mina)
    row = gate(rollout)
    page = client.get(f"/rollouts/{rollout.slug}/gates/{row.pk}/").content.decode()
    assert f'href="https://t.test/{"a" * 32}?e=production"' in page
    assert "b" * 32 in page, "the old version's are what it is compared with"
    assert not [trace for trace in "cde" if trace * 32 in page], "of its time, its versions and its signal"
    told = client.get(f"/api/v1/gates/{row.pk}/exemplars/").json()
    assert {one["trace_id"] for one in told} == {"a" * 32, "b" * 32}
    assert told[0]["links"] == [
        {"name": "Tempo", "href": f"https://t.test/{told[0]['trace_id']}?e=production"}
    ]
    assert (told[0]["signal"], told[0]["seen_by"]) == ("errors", "server")


def test_the_slowest_come_first_where_a_gate_looks_at_latency(mina: Person) -> None:
    settings = {"signal": "latency", "slower_than": "300ms", "limit": "5 %"}
    rollout = judged({**METRIC, "settings": settings})
    slow = series(Series.objects.get(version="3.0.0").source, signal=Signal.LATENCY)
    named(slow, "a", 0.4)
    named(slow, "b", 1.2)
    client = signed_in(mina)
    told = client.get(f"/api/v1/gates/{gate(rollout).pk}/exemplars/").json()
    assert [one["value"] for one in told] == [1.2, 0.4]
    page = client.get(f"/rollouts/{rollout.slug}/gates/{gate(rollout).pk}/").content.decode()
    assert page.index("1,200") < page.index("b" * 32) < page.index("a" * 32)


def test_a_gate_that_others_may_not_see_tells_nothing(mina: Person) -> None:
    rollout = judged(METRIC)
    rollout.visibility = "private"
    rollout.save()
    client = signed_in(person("eve@example.test"))
    assert client.get(f"/api/v1/gates/{gate(rollout).pk}/exemplars/").status_code == 404


def test_a_service_shows_its_newest(mina: Person, settings: Any) -> None:
    settings.GATEHOUSE_LINKS = read(LINKS)
    service()
    row = series(source(environment=environment()))
    named(row, "a")
    named(series(row.source, perspective="callers", caller="checkout"), "b", minutes=2)
    named(row, "c", minutes=60 * 48)
    client = signed_in(mina)
    page = client.get("/services/orders/").content.decode()
    assert f"https://t.test/{'a' * 32}" in page
    assert "failed, as checkout counted" in page
    assert "c" * 32 not in page
    assert "c" * 32 in client.get("/services/orders/?range=7d").content.decode()
    told = client.get("/api/v1/services/orders/exemplars/").json()
    assert [one["trace_id"] for one in told] == ["a" * 32, "b" * 32]
    assert client.get("/api/v1/services/orders/exemplars/?environment=moon").status_code == 404


def test_a_link_to_a_trace_stands_beside_traces_only() -> None:
    now = database_now()
    about: dict[str, Any] = {"service": "orders", "environment": "production", "since": now, "until": now}
    assert [link.name for link in fill(read(LINKS), **about)] == ["Logs"]
    (only,) = fill(read(LINKS), **about, trace="a/b")
    assert only.href == "https://t.test/a%2Fb?e=production"
