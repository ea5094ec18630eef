"""Health on the rollout's page: which time it shows, and the richer chart that comes when it is asked for."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from rollouts.accounts.models import Person
from rollouts.audit.services import append
from rollouts.audit.values import SYSTEM, Face
from rollouts.gates import services as gates
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from tests.accounts.factories import person, team
from tests.dashboard.test_rollout_page import signed_in
from tests.gates.factories import METRIC, gate, running
from tests.health.factories import EPOCH, series, source, window

pytestmark = pytest.mark.django_db
WINDOW = timedelta(seconds=5)


@pytest.fixture
def mina() -> Person:
    made = person("mina@example.test")
    team("orders", viewer=[made])
    return made


def measured(until: datetime, *, windows: int = 120) -> Rollout:
    """A stage that was measured up to `until`; its source was asked until now."""
    fleet = source()
    old, new = series(fleet, version="2.4.0"), series(fleet, version="3.0.0")
    last = int((until - EPOCH).total_seconds()) // 5
    for number in range(last - windows, last):
        window(old, number, bad=1, total=100)
        window(new, number, bad=3, total=20)
    Source.objects.update(collected_through_at=database_now())
    with transaction.atomic():
        rollout = running(METRIC, at=until - windows * WINDOW)
        gates.judge(rollout_ids=[rollout.pk], now=until)
    return rollout


def became(rollout: Rollout, state: str, at: datetime, *events: tuple[str, datetime]) -> None:
    """The rollout stopped at `at`, and the log says what happened when."""
    for kind, happened in events:
        content = {"stage": 1, "sentence": "It stopped.", "rollout": rollout.slug}
        append(stream=rollout.stream, kind=kind, actor=SYSTEM, face=Face.TICKER, content=content, at=happened)
    Rollout.objects.filter(pk=rollout.pk).update(state=state, state_since_at=at)


def told(who: Person, rollout: Rollout) -> dict[str, Any]:
    answer = signed_in(who).get(f"/api/v1/rollouts/{rollout.slug}/series/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()[0]
    return found


def panel(who: Person, rollout: Rollout) -> str:
    answer = signed_in(who).get(f"{rollout.get_absolute_url()}panels/health/")
    assert answer.status_code == 200
    return answer.content.decode()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_rollout_under_way_shows_the_newest_windows(mina: Person) -> None:
    rollout = measured(database_now())
    assert told(mina, rollout)["about"] == "now"
    assert "last 7" in panel(mina, rollout)


@pytest.mark.parametrize(
    ("state", "kind", "about", "words"),
    [
        ("halted", "rollout.halted", "halt", "around the halt"),
        ("completed", "rollout.completed", "end", "around the end"),
    ],
)
def test_rollout_that_stopped_yesterday_shows_the_time_around_that_with_its_mark(
    mina: Person, state: str, kind: str, about: str, words: str
) -> None:
    stopped_at = database_now() - timedelta(days=1)
    rollout = measured(stopped_at)
    became(rollout, state, stopped_at, (kind, stopped_at))
    found = told(mina, rollout)
    assert found["about"] == about
    assert at(found["ends_at"]) == stopped_at + 30 * WINDOW
    assert at(found["starts_at"]) == stopped_at - 60 * WINDOW
    known = [point for point in found["new"] if point["value"] is not None]
    assert len(known) >= 58
    assert all(at(point["at"]) < stopped_at for point in known)
    assert [at(mark["at"]) for mark in found["marks"] if mark["word"] == state] == [stopped_at]
    text = panel(mina, rollout)
    assert words in text
    assert f"{stopped_at:%-d %b}" in text
    assert "15.00" in text, "the table keeps what was read before it stopped"


def test_rollback_soon_after_the_halt_is_in_the_same_picture(mina: Person) -> None:
    halted_at = database_now() - timedelta(hours=5)
    back_at = halted_at + 50 * WINDOW
    rollout = measured(halted_at)
    log = (("rollout.halted", halted_at), ("rollout.rolling_back", halted_at + 40 * WINDOW))
    became(rollout, "rolled_back", back_at, *log)
    found = told(mina, rollout)
    assert at(found["starts_at"]) < halted_at < back_at < at(found["ends_at"])
    assert [mark["word"] for mark in found["marks"]].count("rolled back") == 1


def test_figure_comes_from_its_own_address_and_not_with_the_page(mina: Person) -> None:
    rollout = measured(database_now())
    text = panel(mina, rollout)
    assert "application/json" not in text
    address = re.search(r'data-figure="([^"]+)"', text)
    assert address
    answer = signed_in(mina).get(address[1])
    assert answer.status_code == 200
    assert answer.json() == told(mina, rollout)["figure"]


def test_link_of_a_chart_leads_to_a_page_with_every_window(mina: Person) -> None:
    rollout = measured(database_now())
    address = re.search(r'href="([^"]+)" data-draw', panel(mina, rollout))
    assert address
    text = signed_in(mina).get(address[1]).content.decode()
    assert "<svg viewBox" in text
    assert text.count("<tr>") >= 85
    assert "application/json" not in text


def test_chart_of_another_gate_or_a_private_rollout_is_not_there(mina: Person) -> None:
    rollout = measured(database_now())
    base = f"{rollout.get_absolute_url()}charts/"
    assert signed_in(mina).get(f"{base}{gate(rollout).pk + 1}/").status_code == 404
    Rollout.objects.filter(pk=rollout.pk).update(visibility="private")
    stranger = signed_in(person("stranger@example.test"))
    for tail in ("", "figure/"):
        assert stranger.get(f"{base}{gate(rollout).pk}/{tail}").status_code == 404


def test_stage_that_was_never_measured_offers_no_interactive_chart(mina: Person) -> None:
    rollout = measured(database_now() - timedelta(days=1))
    text = panel(mina, rollout)
    assert ">no data</text>" in text
    assert "data-draw" not in text


def test_mark_at_the_right_edge_stands_before_its_line(mina: Person) -> None:
    stopped_at = database_now()
    rollout = measured(stopped_at)
    became(rollout, "halted", stopped_at, ("rollout.halted", stopped_at - 3 * WINDOW))
    assert re.search(r'text-anchor="end" y="22">halted<', panel(mina, rollout))
