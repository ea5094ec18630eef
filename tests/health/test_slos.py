"""SLOs: counted once from windows, told once when they burn, declared, imported and ended on every face."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from rollouts.audit.models import Event
from rollouts.health.models import Slo, SloCount
from rollouts.health.slos import counting, queries
from rollouts.health.slos.pages import EXAMPLE
from rollouts.health.values import Perspective, Signal
from tests.accounts.factories import person
from tests.health.factories import EPOCH, environment, series, service, source, window

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Moves the clock that counting reads, in minutes after EPOCH."""
    at = [EPOCH]
    monkeypatch.setattr(counting, "database_now", lambda: at[0])

    def move(minutes: float) -> datetime:
        at[0] = EPOCH + timedelta(minutes=minutes)
        return at[0]

    return move


def slo(**fields: Any) -> Slo:
    return Slo.objects.create(
        **{
            "slug": "orders-answers",
            "title": "Orders answers",
            "service": service(),
            "environment": environment(),
            "target": 0.99,
            "due_at": EPOCH,
            "through_at": EPOCH,
            **fields,
        }
    )


def counted(row: Slo) -> list[tuple[int, int, int]]:
    rows = SloCount.objects.filter(slo=row).order_by("span_s", "start_at")
    return list(rows.values_list("span_s", "bad", "total"))


def test_windows_are_counted_once_by_the_minute_and_the_hour(clock: Any) -> None:
    row, of = slo(), series(source(window_s=30))
    for number, (bad, total) in enumerate([(1, 100), (0, 100), (5, 100)]):
        window(of, number, bad, total)
    clock(2)
    counting.count_many([row.pk])
    assert counted(row) == [(60, 1, 200), (60, 5, 100), (3600, 6, 300)]
    counting.count_many([row.pk])  # not due yet
    clock(4)
    counting.count_many([row.pk])  # nothing new was closed
    window(of, 3, 2, 100)
    clock(6)
    counting.count_many([row.pk])
    assert counted(row) == [(60, 1, 200), (60, 7, 200), (3600, 8, 400)]
    row.refresh_from_db()
    assert row.standing["remaining"] == -1
    assert queries.standing(row, clock(6)).sentence == (
        "Orders answers has overspent its error budget by 100 %, and burns it 2.0 times as fast as allowed "
        "over the last 3 d (it alerts from 1)."
    )


def test_the_side_that_saw_more_bad_is_taken_and_silence_is_no_data(clock: Any) -> None:
    row, of = slo(), source(window_s=60)
    window(series(of), 0, 0, 50)
    window(series(of, perspective=Perspective.CALLERS, caller="checkout"), 0, 9, 59)
    window(series(of), 1, gap=True)
    clock(3)
    counting.count_many([row.pk])
    assert counted(row) == [(60, 9, 59), (3600, 9, 59)]
    other = slo(slug="silent", service=service("checkout"), through_at=EPOCH)
    counting.count_many([other.pk])
    other.refresh_from_db()
    found = queries.standing(other, clock(3))
    assert (found.word, found.remaining) == ("none", None)
    assert "cannot be said" in found.sentence


def test_slow_answers_are_told_from_buckets(clock: Any) -> None:
    row = slo(signal=Signal.LATENCY, slower_than_s=0.2)
    of = series(source(window_s=60), signal=Signal.LATENCY)
    window(of, 0, 0, 10, buckets=[[0.1, 4], [0.25, 7], [None, 10]])
    clock(2)
    counting.count_many([row.pk])
    assert counted(row) == [(60, 3, 10), (3600, 3, 10)]


def test_what_was_measured_before_is_counted_day_by_day(clock: Any) -> None:
    row, of = slo(through_at=None, period_days=3), series(source(window_s=60))
    window(of, 0, 1, 10)
    window(of, 24 * 60, 1, 10)
    clock(60 * 26)
    for _run in range(5):
        counting.count_many([row.pk])
    assert SloCount.objects.filter(slo=row, span_s=3600).count() == 2
    row.refresh_from_db()
    assert row.standing["total"] == 20
    assert row.due_at == clock(60 * 26 + 1)
    assert not SloCount.objects.filter(slo=row, span_s=60, start_at__lt=clock(60 * 19)).exists()


def test_a_burn_is_told_once_and_its_end_once(clock: Any) -> None:
    row, of = slo(), series(source(window_s=60))
    for number in range(10):
        window(of, number, 30, 100)
    for minute in (10, 11, 12):
        clock(minute)
        counting.count_many([row.pk])
    told = Event.objects.filter(stream="service:orders")
    assert [event.kind for event in told] == ["slo.burning"]
    row.refresh_from_db()
    assert (row.firing, row.firing_since_at) == ("page", clock(10))
    for number in range(10, 400):
        window(of, number, 0, 1000)
    clock(5000)
    counting.count_many([row.pk])
    assert [event.kind for event in told.order_by("seq")] == ["slo.burning", "slo.calm"]


def test_many_slos_are_counted_in_a_constant_number_of_queries(
    clock: Any, django_assert_max_num_queries: Any
) -> None:
    of = source(window_s=60)
    rows = []
    for number in range(8):
        each = service(f"service-{number}")
        window(series(of, service=each), 0, 1, 10)
        rows.append(slo(slug=f"slo-{number}", service=each))
    clock(2)
    with django_assert_max_num_queries(14):
        counting.count_many([row.pk for row in rows])
    assert SloCount.objects.count() == 16


# --- faces ---------------------------------------------------------------------------------------


@pytest.fixture
def admin() -> Client:
    client = Client()
    client.force_login(person("ada@fernhill.example", staff=True))
    environment()
    service()
    return client


def test_the_page_declares_changes_and_ends_an_slo(admin: Client) -> None:
    fields = {
        "name": "orders-answers",
        "title": "Orders answers",
        "service": "orders",
        "environment": "production",
        "signal": "errors",
        "target": "99.9",
        "period": "30",
    }
    made = admin.post("/slos/new/", fields)
    assert made.headers["Location"] == "/slos/orders-answers/"
    row = Slo.objects.get()
    assert (row.target, row.period_days, row.due_at is not None) == (0.999, 30, True)
    assert "99.9" in admin.get("/slos/").content.decode()
    assert "Not counted yet" in admin.get("/slos/orders-answers/").content.decode()

    missing = admin.post("/slos/orders-answers/edit/", {**fields, "signal": "latency"})
    assert (missing.status_code, b"Say from when on" in missing.content) == (422, True)
    Slo.objects.update(through_at=EPOCH)
    admin.post("/slos/orders-answers/edit/", {**fields, "target": "99.5"})
    row.refresh_from_db()
    assert (row.target, row.through_at) == (0.995, EPOCH)  # another target counts nothing anew
    admin.post("/slos/orders-answers/edit/", {**fields, "signal": "latency", "slower_than": "300ms"})
    row.refresh_from_db()
    assert (row.slower_than_s, row.through_at) == (0.3, None)

    assert admin.post("/slos/orders-answers/end/").headers["Location"] == "/slos/"
    assert admin.get("/slos/orders-answers/").status_code == 404
    assert [event.kind for event in Event.objects.filter(stream="service:orders")] == ["slo.declared"] * 4


def test_a_stranger_reads_and_changes_nothing(admin: Client) -> None:
    row = slo()
    stranger = Client()
    stranger.force_login(person("sam@fernhill.example"))
    assert stranger.get("/slos/orders-answers/").status_code == 200
    assert b"declare its SLOs" in stranger.get("/slos/orders-answers/edit/").content
    stranger.post("/slos/orders-answers/end/")
    refused = stranger.delete("/api/v1/slos/orders-answers/")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    saved = stranger.put(
        "/api/v1/slos/orders-answers/",
        {"service": "orders", "environment": "production", "target": 0.5},
        content_type="application/json",
    )
    assert saved.status_code == 403
    row.refresh_from_db()
    assert (row.gone_at, row.target) == (None, 0.99)


def test_the_api_declares_reads_and_ends(admin: Client) -> None:
    given = {"service": "orders", "environment": "production", "target": 0.999}
    made = admin.put("/api/v1/slos/orders-answers/", given, content_type="application/json")
    assert (made.status_code, made.json()["remaining"], made.json()["fresh"]) == (201, None, False)
    again = admin.put("/api/v1/slos/orders-answers/", given, content_type="application/json")
    assert again.status_code == 200
    wrong = admin.put(
        "/api/v1/slos/other/", {**given, "target": 99.9, "service": "x"}, content_type="application/json"
    )
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unsound")
    listed = admin.get("/api/v1/slos/?service=orders").json()["results"]
    assert [each["slug"] for each in listed] == ["orders-answers"]
    assert admin.delete("/api/v1/slos/orders-answers/").status_code == 204
    assert admin.get("/api/v1/slos/orders-answers/").status_code == 404


def test_openslo_is_imported_whole_or_not_at_all(admin: Client) -> None:
    second = EXAMPLE.replace("orders-answers", "orders-fast")
    done = admin.post("/slos/import/", {"source": f"{EXAMPLE}---\n{second}", "environment": "production"})
    assert done.headers["Location"] == "/slos/"
    assert set(Slo.objects.values_list("slug", flat=True)) == {"orders-answers", "orders-fast"}

    third = EXAMPLE.replace("orders-answers", "orders-third")
    bad = second.replace("Occurrences", "Timeslices")
    refused = admin.post(
        "/api/v1/slos/import/", {"document": f"{third}---\n{bad}"}, content_type="application/json"
    )
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["path"] == "/1/spec/budgetingMethod"
    assert not Slo.objects.filter(slug="orders-third").exists()
    page = admin.post("/slos/import/", {"source": bad, "environment": "production"})
    assert (page.status_code, b"budgetingMethod Timeslices is not supported" in page.content) == (422, True)
