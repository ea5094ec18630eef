"""A service over days: windows added up in the database."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.health.models import Probe, Slo
from rollouts.health.queries import trend
from rollouts.health.values import Perspective, Signal
from rollouts.lib.clock import database_now
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.health.factories import EPOCH, environment, series, service, source, window

pytestmark = pytest.mark.django_db
MINUTE = timedelta(seconds=60)


def found(**given: Any) -> Any:
    asked = {"since": EPOCH, "until": EPOCH + 3 * MINUTE, "step_s": 60, "slow_s": 0.2, **given}
    return trend(service().pk, environment().pk, **asked)


def test_versions_are_added_up_by_the_side_that_counted_more_and_silence_stays_silent() -> None:
    fleet = source()
    old, new = series(fleet, version="2.4.0"), series(fleet)
    called = series(fleet, perspective=Perspective.CALLERS, caller="shipping")
    for number in range(12):
        window(old, number, bad=1, total=90)
        window(new, number, bad=2, total=10)
        window(called, number, bad=9, total=50)
    window(new, 24, gap=True)
    first, silent, gap = found().steps
    assert (first.at, first.bad, first.total, first.measured_s) == (EPOCH, 36, 1200, 60)
    assert (silent.total, silent.measured_s, gap.total) == (0, 0, 0)


def test_slow_is_what_took_longer_than_the_next_bound_and_other_layouts_are_left_out() -> None:
    fleet = source()
    one = series(fleet, signal=Signal.LATENCY)
    other = series(fleet, signal=Signal.LATENCY, version="2.4.0")
    window(one, 0, total=100, buckets=[[0.1, 50], [0.25, 90], [None, 100]])
    window(one, 1, total=100, buckets=[[0.25, 70], [None, 100]])
    window(one, 2, total=100, buckets=[[0.1, 50], [0.25, 80], [None, 100]])
    window(other, 0, total=10, buckets=[[0.25, 9], [None, 10]])
    told = found()
    assert told.bound_s == 0.25
    assert (told.steps[0].slow, told.steps[0].timed) == (31, 210)
    assert found(slow_s=3).bound_s is None


def test_page_and_api_show_the_range_that_is_asked_for_and_ask_the_same_number_of_questions() -> None:
    fleet, now = source(window_s=60), database_now()
    row = series(fleet)
    last = int((now - EPOCH).total_seconds()) // 60
    for number in range(last - 30, last):
        window(row, number, bad=1, total=60)
    client = signed_in(person("mina@example.test"))
    counts = set()
    for name, steps in (("24h", 288), ("7d", 168), ("30d", 240)):
        with CaptureQueriesContext(connection) as asked:
            text = client.get(f"/services/orders/?range={name}").content.decode()
        counts.add(len(asked))
        assert f'href="?range={name}&amp;' not in text
        assert text.count("&amp;environment=production#trends") == 2
        assert "Failed requests, between 1.67\xa0% and 1.67\xa0%, last 1.67\xa0%." in text
        told = client.get(f"/api/v1/services/orders/trend/?range={name}&environment=production").json()
        assert len(told["steps"]) == steps
        assert sum(step["total"] for step in told["steps"]) == 1800
    assert len(counts) == 1
    assert client.get("/api/v1/services/orders/trend/?environment=nowhere").status_code == 404


def test_slow_means_what_the_slo_on_latency_says() -> None:
    Slo.objects.create(
        slug="quick", title="Quick", service=service(), environment=environment(), target=0.99,
        signal="latency", slower_than_s=0.5,
    )  # fmt: skip
    fleet, now = source(window_s=60), database_now()
    number = int((now - EPOCH).total_seconds()) // 60 - 1
    window(series(fleet, signal=Signal.LATENCY), number, total=10, buckets=[[0.25, 1], [0.5, 9], [None, 10]])
    text = signed_in(person("mina@example.test")).get("/services/orders/").content.decode()
    assert "Share slower than 500 ms" in text
    assert "last 10.00\xa0%" in text


def test_check_stands_beside_real_users_and_disagreement_is_said() -> None:
    check = Probe.objects.create(
        slug="reads",
        title="Reads",
        service=service(),
        environment=environment(),
        locations=["here"],
        in_a_row=2,
    )
    now = database_now()
    client = signed_in(person("mina@example.test"))
    assert "Nothing is known of the check or of users." in client.get("/services/orders/").content.decode()
    for back in (1, 2):
        check.runs.create(at=now - timedelta(seconds=back), location="here", ok=False, took_s=0.1)
    text = client.get("/services/orders/").content.decode()
    assert "The check fails, and no user is there to tell otherwise." in text
    fleet = source(window_s=60)
    window(series(fleet), int((now - EPOCH).total_seconds()) // 60 - 1, bad=0, total=100)
    text = client.get("/services/orders/").content.decode()
    assert "They disagree: the check fails, and users do not feel it." in text


def test_every_chart_has_a_page_with_all_steps_and_a_figure_with_days_on_its_axis() -> None:
    fleet, now = source(window_s=60), database_now()
    last = int((now - EPOCH).total_seconds()) // 60
    for number in range(last - 30, last):
        window(series(fleet), number, bad=1, total=60)
    client = signed_in(person("mina@example.test"))
    text = client.get("/services/orders/?range=30d").content.decode()
    address = "/services/orders/trends/errors/"
    assert f'data-figure="{address}figure/?range=30d&amp;environment=production"' in text
    assert f'href="{address}?range=30d&amp;environment=production"' in text
    text = client.get(f"{address}?range=30d&environment=production").content.decode()
    assert text.count("<tr>") == 1 + 240
    assert "Failed requests, between 1.67\xa0% and 1.67\xa0%, last 1.67\xa0%." in text
    told = client.get(f"{address}figure/?range=30d").json()
    assert len(told["data"][0]["y"]) == 240
    assert told["layout"]["xaxis"]["tickformat"] == "%d %b"
    told = client.get(f"{address}figure/?range=24h").json()
    assert told["layout"]["xaxis"]["tickformat"] == "%H:%M"
    for wrong in ("trends/nothing/", "trends/errors/?environment=nowhere"):
        assert client.get(f"/services/orders/{wrong}").status_code == 404
