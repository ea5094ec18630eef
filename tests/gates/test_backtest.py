"""Back-tests of plans: by the ticker, the page, the API and the command; what proposing warns of."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from rollouts.accounts.models import Membership, Person
from rollouts.accounts.values import Role
from rollouts.audit.models import Event
from rollouts.audit.values import Face
from rollouts.gates import queries, services
from rollouts.gates.backtest import asking, running
from rollouts.gates.models import Backtest
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person
from tests.gates.factories import METRIC
from tests.gates.factories import running as underway
from tests.health.factories import EPOCH, series, source, window

pytestmark = pytest.mark.django_db

COMPARE: dict[str, Any] = {
    "name": "compared",
    "title": "Errors beside the old version",
    "kind": "metric",
    "min_requests": 20,
    "warm_up": 1,
    "settings": {"signal": "errors"},
}
SATURATION: dict[str, Any] = {
    "name": "load",
    "kind": "metric",
    "min_requests": 1,
    "settings": {"signal": "saturation", "limit": 10},
}


def measured(many: int = 300, bad: int = 40, total: int = 4000) -> Source:
    """Orders 2.4.0 as it was: steady, with a few failures."""
    of = series(source(window_s=60, due_at=None), version="2.4.0")
    for number in range(many):
        window(of, number, bad, total)
    return of.source


def rollout(*gates: dict[str, Any]) -> Rollout:
    return underway(*(gates or (COMPARE,)), bake="30m", percent=20)


def planner(made: Rollout) -> Person:
    who = Person.objects.filter(email="ann@fernhill.example").first() or person("ann@fernhill.example")
    Membership.objects.get_or_create(person=who, team=made.team, role=Role.PLANNER)
    return who


def tried(made: Rollout, **given: Any) -> Backtest:
    now = EPOCH + timedelta(hours=5)
    row = services.ask_backtest(rollout=made.slug, revision=1, by=planner(made), face=Face.API, **given)
    Backtest.objects.update(asked_at=now)
    while not row.done_at:
        asking.carry_on(row.pk)
        row.refresh_from_db()
    return row


def test_a_gate_is_tried_with_nothing_wrong_with_shifts_and_with_less_traffic() -> None:
    measured()
    row = tried(rollout())
    (report,) = row.reports
    assert (report["judge"], report["service"], report["sound"]) == ("compare", "orders", True)
    assert set(report["healthy"]) == {"1", "1.25", "1.5", "2"}
    assert report["healthy"]["1.25"]["bakes"] == 9  # of 30 windows and one of warm-up
    assert report["healthy"]["1.25"]["halted"] == 0
    assert report["shifts"]["5"]["share"] == 1
    assert report["sentence"].startswith("Would have stopped 0 of 9 healthy bakes of 30 min; sees a doubling")
    assert (report["windows"], report["window_s"], report["bake_windows"]) == (300, 60, 30)
    kinds = [event.kind for event in Event.objects.filter(stream=row.revision.rollout.stream).order_by("seq")]
    assert kinds == ["rollout.backtest_asked", "rollout.backtested"]


def test_more_windows_than_are_looked_at_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_WINDOWS", 200)
    measured()
    made = rollout()
    (report,) = tried(made).reports
    assert (report["windows"], report["left_out"]) == (200, 100)
    assert report["since_at"] == (EPOCH + timedelta(minutes=100)).isoformat()
    (again,) = tried(made).reports
    assert again == report, "the same days give the same answer"
    client = Client()
    client.force_login(planner(made))
    text = client.get(f"/rollouts/{made.slug}/backtest/").content.decode()
    assert "100 older windows were asked for and left out." in text
    assert "The oldest began" in text


def test_a_limit_that_healthy_days_cross_is_not_sound_and_another_is_proposed() -> None:
    measured()
    tight = METRIC | {"settings": METRIC["settings"] | {"limit": "0.5 %"}}
    (report,) = tried(rollout(tight)).reports
    assert (report["sound"], report["healthy"]["limit"]["share"]) == (False, 1)
    assert any(proposal.startswith("Set limit: ") for proposal in report["proposals"])


def test_a_number_that_is_no_share_is_tried_as_it_is() -> None:
    of = series(source(window_s=60, due_at=None), version="2.4.0", signal="saturation")
    for number in range(120):
        window(of, number, value=4.0)
    (report,) = tried(rollout(SATURATION), shift=3).reports
    assert (report["sound"], report["shifts"]["3"]["share"], report["shifts"]["2"]["share"]) == (True, 1, 0)


@pytest.mark.parametrize(
    ("must_see", "name", "words"),
    [
        ({"times": 3}, "3", "3 times as many bad requests"),
        ({"points": 2}, "+2", "2 points more bad requests"),
        (None, "2", "a doubling"),
    ],
)
def test_a_gate_is_tried_with_what_it_must_see(must_see: Any, name: str, words: str) -> None:
    measured()
    settings = {"signal": "errors"} | ({"must_see": must_see} if must_see else {})
    row = tried(rollout(COMPARE | {"settings": settings}))
    (report,) = row.reports
    assert row.shift is None
    assert (report["asked_shift"], report["shifts"][name]["share"]) == (name, 1)
    assert f"sees {words} in 100" in report["sentence"]
    assert set(report["shifts"]) == {name, "2", "5"}
    asked = tried(row.revision.rollout, shift=4.0)
    assert asked.reports[0]["asked_shift"] == "4"


def test_without_measurements_it_says_that_there_is_no_data() -> None:
    (report,) = tried(rollout()).reports
    assert (report["sound"], "today it would read no data" in report["sentence"]) == (None, True)


def test_past_rollouts_are_told_of() -> None:
    measured()
    new = series(Source.objects.get(), version="3.0.0")
    for number in range(120, 180):
        window(new, number, 60, 100)
    earlier = underway(COMPARE, at=EPOCH + timedelta(minutes=120), bake="30m", percent=20)
    earlier.stages.filter(number=1).update(state="halted")
    (report,) = tried(rollout()).reports
    told = [each for each in report["past"] if each["rollout"] == earlier.slug]
    assert [(each["halted"], each["would_halt_at"]) for each in told] == [(True, 2)]  # after the warm-up
    assert "this gate would have halted it after 2 min" in told[0]["sentence"]


def test_a_back_test_is_asked_once_and_old_ones_go() -> None:
    measured(many=40)
    made = rollout()
    who = planner(made)
    first = services.ask_backtest(rollout=made.slug, revision=1, by=who, face=Face.PAGE)
    assert services.ask_backtest(rollout=made.slug, revision=1, by=who, face=Face.PAGE) == first
    for _ in range(asking.KEPT + 2):
        Backtest.objects.update(done_at=EPOCH)
        services.ask_backtest(rollout=made.slug, revision=1, by=who, face=Face.PAGE)
    assert Backtest.objects.count() == asking.KEPT


def test_it_is_carried_on_by_whoever_comes_next(monkeypatch: pytest.MonkeyPatch) -> None:
    measured(many=100)
    made = rollout(COMPARE, METRIC)
    row = services.ask_backtest(rollout=made.slug, revision=1, by=planner(made), face=Face.PAGE)
    monkeypatch.setattr(asking, "PATIENCE_S", 0)
    assert asking.due(database_now(), 5) == [row.pk]
    asking.carry_on(row.pk)
    row.refresh_from_db()
    assert (len(row.reports), row.done_at) == (1, None)
    asking.carry_on(row.pk)
    row.refresh_from_db()
    assert (len(row.reports), row.done_at is not None) == (2, True)
    assert asking.due(database_now(), 5) == []


def test_a_fault_ends_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    measured(many=100)
    made = rollout()
    row = services.ask_backtest(rollout=made.slug, revision=1, by=planner(made), face=Face.PAGE)

    def broken(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(running, "run", broken)
    asking.carry_on(row.pk)
    row.refresh_from_db()
    assert (row.done_at is not None, "could not carry it out" in row.problem) == (True, True)


def test_the_page_asks_shows_and_warns() -> None:
    measured()
    made = rollout()
    client = Client()
    client.force_login(planner(made))
    address = f"/rollouts/{made.slug}/backtest/"
    assert b"not back-tested" in client.get(address).content
    assert client.post(address, {"days": "0", "shift": "2"}).status_code == 422
    asked = client.post(address, {"days": "7", "shift": "2"})
    assert asked.headers["Location"] == f"{address}?revision=1"
    assert b"Under way" in client.get(address).content
    Backtest.objects.update(asked_at=EPOCH + timedelta(hours=5))
    asking.carry_on(Backtest.objects.get().pk)
    page = client.get(address).content.decode()
    assert Backtest.objects.get().reports[0]["sentence"] in page
    assert "Healthy, margin 1.25 (this gate)" in page
    stranger = Client()
    stranger.force_login(person("sam@fernhill.example"))
    refused = stranger.post(address, {"days": "7", "shift": "2"}, follow=True)
    assert b"not yours to try" in refused.content


def test_the_api_asks_and_reads() -> None:
    measured()
    made = rollout()
    client = Client()
    client.force_login(planner(made))
    address = f"/api/v1/rollouts/{made.slug}/backtests/"
    asked = client.post(address, {"days": 3}, content_type="application/json")
    assert (asked.status_code, asked.json()["done_at"], asked.json()["gates"]) == (202, None, 1)
    Backtest.objects.update(asked_at=EPOCH + timedelta(hours=5))
    asking.carry_on(asked.json()["id"])
    one = client.get(f"{address}{asked.json()['id']}/").json()
    assert one["reports"][0]["sound"] is True
    assert len(client.get(address).json()["results"]) == 1
    missing = client.post(address, {"revision": 9}, content_type="application/json")
    assert (missing.status_code, missing.json()["code"]) == (404, "no_revision")
    stranger = Client()
    stranger.force_login(person("sam@fernhill.example"))
    refused = stranger.post(address, {}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_proposing_warns_until_the_gates_are_tried_and_measured() -> None:
    made = rollout()
    revision = made.revisions.get()
    now = database_now()
    assert queries.doubts(revision, now) == [
        "Its metric gates were not back-tested: nobody knows how often they halt with nothing wrong.",
        "Nothing measures orders today: its metric gates would read no data.",
    ]
    Source.objects.all().delete()
    measured()
    Source.objects.update(collected_through_at=now)
    tried(made)
    assert queries.doubts(revision, EPOCH + timedelta(hours=6)) == []
    assert queries.doubts(revision, EPOCH + timedelta(days=30))[0] == "Its back-test is 29 days old."


def test_the_command_says_it(tmp_path: Path) -> None:
    measured()
    made = rollout()
    out = StringIO()
    Source.objects.update(collected_through_at=database_now())
    with pytest.raises(SystemExit) as ended:
        call_command("plan", "backtest", made.slug, "--json", stdout=out)
    # What this test measured lies long before today: it cannot be told.
    assert ended.value.code == 3
    assert json.loads(out.getvalue())[0]["gate"] == "compared"
    with pytest.raises(SystemExit) as refused:
        call_command("plan", "backtest", made.slug, "--days", "99", stderr=out)
    assert refused.value.code == 2
    bad = tmp_path / "plan.yaml"
    bad.write_text("kind: Plan")
    with pytest.raises(SystemExit) as unsound:
        call_command("plan", "backtest", str(bad), stderr=out)
    assert unsound.value.code == 2
