"""Signals in somebody's own PromQL that gates call by their names, asked of a real Prometheus."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from rollouts.gates import services as gates
from rollouts.gates.backtest import running as backtests
from rollouts.health.models import OwnSignal, PartialData, Query, Source, Window
from rollouts.health.sources import saving
from rollouts.plans.models import Revision, Rollout
from rollouts.plans.queries import plan_of
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.gates.factories import METRIC, gate
from tests.gates.factories import running as under_way
from tests.health.factories import EPOCH, environment, service
from tests.health.prometheus import Prometheus
from tests.health.test_prometheus_collecting import asked, close
from tests.health.test_prometheus_collecting import clock as clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("prometheus")]

COUNT = "http_server_request_duration_seconds_count"
FAILED = 'http_response_status_code="503"'
BY = "sum by (service_name, service_version)"
SHARE = {
    "signal": "own",
    "total": f'{BY} (increase({COUNT}{{service_name=~"{{service}}"}}[{{window}}]))',
    "bad": f'{BY} (increase({COUNT}{{service_name=~"{{service}}",{FAILED}}}[{{window}}]))',
}
VALUE = {
    "signal": "own",
    "value": f'{BY} (http_server_active_requests{{service_name=~"{{service}}"}})',
    "unit": "jobs",
}
LABELS: dict[str, Any] = {
    "settings": {
        "conventions": ["opentelemetry"],
        "service_label": "service_name",
        "version_label": "service_version",
    }
}


def metric(**settings: Any) -> dict[str, Any]:
    return {**METRIC, "warm_up": 0, "settings": settings}


def running(*wanted: dict[str, Any]) -> Rollout:
    with transaction.atomic():
        return under_way(*wanted)


@pytest.fixture
def planner(client: Client) -> Client:
    service()
    owners("orders-team", planner=[person("mina@example.test")])
    client.force_login(person("mina@example.test"))
    return client


def save(client: Client, row: Source, name: str, given: dict[str, Any]) -> Any:
    return client.put(f"/api/v1/sources/{row.slug}/signals/{name}/", given, "application/json")


def test_a_share_and_a_value_are_windows_that_gates_name(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    row = asked(prometheus.url, **LABELS)
    clock(EPOCH + timedelta(seconds=60))
    assert save(planner, row, "refused", SHARE).json()["signal"] == "own"
    assert save(planner, row, "busy", VALUE).status_code == 201
    rollout = running(
        metric(signal="refused", limit="5 %", breaches={"count": 2, "of": 3}),
        {**metric(signal="busy", limit=3, breaches={"count": 2, "of": 3}), "name": "busy"},
        {**metric(signal="busy", limit=5, worse="below", breaches={"count": 2, "of": 3}), "name": "idle"},
        {**metric(signal="errors", limit="50 %", breaches={"count": 2, "of": 3}), "name": "known"},
    )
    close(row, clock, 4)
    row.refresh_from_db()
    assert row.last_error == ""
    # Three conventions' questions, and one for each query of one's own, however many gates name it.
    assert row.requests_last == 3 + 3
    gates.judge(rollout_ids=[rollout.pk], now=EPOCH + timedelta(seconds=61) + row.lateness)
    shares = Window.objects.filter(series__name="own:refused", series__version="3.0.0", gap=False)
    assert [(one.bad, one.total) for one in shares.order_by("start_at")][-1] == (3, 33)
    assert gate(rollout).verdict == "fail"
    assert gate(rollout).sentence.startswith("refused of Orders 3.0.0 is 9.09 % (3 of 33 events)")
    assert gate(rollout, "busy").sentence.startswith("busy (jobs) of Orders 3.0.0 is 4; ")
    assert "over the limit of 3" in gate(rollout, "busy").sentence
    assert "under the limit of 5" in gate(rollout, "idle").sentence
    # What is named leaves the known signal as it is.
    assert "(3 of 33 requests)" in gate(rollout, "known").sentence


def test_the_page_of_a_gate_shows_the_query_of_its_signal_and_no_other(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    row = asked(prometheus.url, **LABELS)
    clock(EPOCH + timedelta(seconds=60))
    save(planner, row, "refused", SHARE)
    rollout = running(metric(signal="refused", limit="5 %"))
    close(row, clock, 4)
    PartialData.objects.create(source=row, start_at=EPOCH, signal="errors", text="of the known one")
    PartialData.objects.create(
        source=row, start_at=EPOCH + row.window * 2, signal="errors", name="own:refused", text="of this one"
    )
    gates.judge(rollout_ids=[rollout.pk], now=EPOCH + timedelta(seconds=61) + row.lateness)
    assert Query.objects.filter(name="own:refused").count() == 2
    page = planner.get(f"/rollouts/{rollout.slug}/gates/{gate(rollout).pk}/").content.decode()
    assert "own: refused: bad" in page
    assert "opentelemetry" not in page
    assert "the signal refused of" in page
    assert "of this one" in page
    assert "of the known one" not in page


def test_a_gate_goes_on_as_it_began_when_its_signal_is_removed(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    row = asked(prometheus.url, **LABELS)
    clock(EPOCH + timedelta(seconds=60))
    save(planner, row, "busy", VALUE)
    rollout = running(metric(signal="busy", limit=5))
    close(row, clock, 2)
    planner.delete(f"/api/v1/sources/{row.slug}/signals/busy/")
    gates.judge(rollout_ids=[rollout.pk], now=EPOCH + timedelta(minutes=5))
    assert (gate(rollout).verdict, gate(rollout).settings["unit"]) == ("no_data", "jobs")


@pytest.mark.parametrize(
    ("name", "given", "field", "words"),
    [
        ("errors", SHARE, "name", "name of a known signal"),
        ("busy", {**VALUE, "signal": "saturation"}, "unit", "signal of its own name"),
        ("busy", {**SHARE, "unit": "jobs"}, "unit", "a share has none"),
        ("busy", {"signal": "own", "total": "1"}, "total", "all requests and for the bad"),
    ],
)
def test_what_a_named_signal_cannot_be_is_said_beside_its_field(
    planner: Client, name: str, given: dict[str, Any], field: str, words: str
) -> None:
    answer = save(planner, asked("http://127.0.0.1:1"), name, given)
    assert answer.status_code == 400
    assert words in str(answer.json()["fields"][field] if "fields" in answer.json() else answer.json())
    assert not OwnSignal.objects.exists()


def test_a_name_means_one_thing(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    clock(EPOCH + timedelta(seconds=60))
    row, other = asked(prometheus.url, **LABELS), asked(prometheus.url, slug="other", **LABELS)
    assert save(planner, row, "busy", VALUE).status_code == 201
    again = save(planner, other, "busy", VALUE)
    assert "measures busy in this environment" in again.content.decode()
    Source.objects.filter(pk=other.pk).update(environment=environment("staging"))
    assert "is a value in jobs at" in save(planner, other, "busy", SHARE).content.decode()
    assert save(planner, other, "busy", VALUE).status_code == 201


def test_a_source_is_asked_so_many_own_signals_and_no_more(
    planner: Client,
    prometheus: Prometheus,
    clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock(EPOCH + timedelta(seconds=60))
    row = asked(prometheus.url, **LABELS)
    monkeypatch.setattr(saving, "MOST_SIGNALS", 1)
    save(planner, row, "busy", VALUE)
    answer = save(planner, row, "busier", VALUE)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many")
    assert "each is asked in every window" in answer.json()["detail"]
    assert "recording rule" in answer.json()["remedy"]


def test_a_planner_names_a_signal_on_the_page(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    row = asked(prometheus.url, **LABELS)
    clock(EPOCH + timedelta(seconds=60))
    given = {**VALUE, "name": "busy"}
    assert planner.post(f"/sources/{row.slug}/signals/new/", given).status_code == 302
    assert "A signal of its own, jobs" in planner.get(f"/sources/{row.slug}/").content.decode()
    form = planner.get(f"/sources/{row.slug}/signals/busy/").content.decode()
    assert "gates call it by its name" in form
    assert 'value="jobs"' in form


def test_a_new_signal_is_back_tested_on_what_its_source_remembers(
    planner: Client, prometheus: Prometheus, clock: Callable[[datetime], None]
) -> None:
    """Forty minutes of the real server's history, of a signal that was defined a moment ago."""
    row = asked(prometheus.url, settings={"conventions": ["gatehouse"]}, window_s=60, delay_s=0)
    by = "sum by (service, version)"
    all_of_it = 'http_server_requests_total{service=~"{service}"}'
    failed = 'http_server_requests_total{service=~"{service}",code="500"}'
    given = {
        "signal": "own",
        "total": f"{by} (increase({all_of_it}[{{window}}]))",
        "bad": f"{by} (increase({failed}[{{window}}]))",
    }
    assert save(planner, row, "refused", given).status_code == 201
    made = running(metric(signal="refused", limit="5 %", breaches={"count": 2, "of": 3}))
    plan = plan_of(Revision.objects.get(rollout=made))
    (report,) = backtests.run(plan, now=EPOCH + timedelta(minutes=41))
    assert report.found is not None, report.why_not
    assert report.as_json()["windows"] >= 38
    assert not Window.objects.filter(series__name="own:refused").exists(), "nothing of it is stored"


def test_a_source_that_remembers_nothing_is_no_reason_to_fail(planner: Client) -> None:
    row = asked("http://127.0.0.1:9")
    OwnSignal.objects.create(source=row, name="refused", signal="errors", named=True, total="x", bad="y")
    made = running(metric(signal="refused", limit="5 %"))
    (report,) = backtests.run(plan_of(Revision.objects.get(rollout=made)), now=EPOCH + timedelta(days=1))
    assert report.why_not == "Nothing was measured of it: today it would read no data."
