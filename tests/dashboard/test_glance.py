"""The lower panels of the first page: collisions, metric sources, and what happened since the last visit."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollouts.accounts.models import Person, Visit
from rollouts.dashboard.glance import collisions
from rollouts.decisions.machine.values import Action
from rollouts.gates.models import Gate
from rollouts.health.models import Source, Target
from rollouts.lib.clock import database_now
from rollouts.plans.models import Freeze, Rollout
from tests.accounts.factories import person
from tests.dashboard.test_rollout_page import signed_in
from tests.decisions.copies import copies
from tests.decisions.factories import World, decide, rollout, running, world

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def there() -> World:
    return world()


def panel(who: Person, name: str, query: str = "") -> str:
    """What one panel of the first page says, as text."""
    answer = signed_in(who).get(f"/panels/{name}/{query}")
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.content.decode())).split())


def approved(there: World, slug: str, begins: datetime, ends: datetime) -> Rollout:
    """A rollout that may start, planned between these times."""
    row = rollout(there, slug)
    decide(there.mina, Action.PROPOSE, slug)
    decide(there.priya, Action.APPROVE, slug)
    row.stages.update(planned_start_at=begins, planned_end_at=ends)
    return row


def source(there: World, slug: str, **more: Any) -> Source:
    """A metric source of production."""
    given = {"name": slug.title(), "team": there.owners, "environment": there.production, "window_s": 60}
    return Source.objects.create(slug=slug, **{**given, **more})


def test_two_rollouts_that_move_one_service_now_are_a_collision(there: World) -> None:
    running(there, "orders-v3")
    assert "No two rollouts move one service" in panel(there.mina, "collisions")
    running(there, "orders-tax")
    text = panel(there.mina, "collisions")
    assert "Orders 2 rollouts" in text
    assert text.count("Orders v3, stage 1") == 2
    assert "All of them move it in Production now." in text
    Rollout.objects.filter(slug="orders-tax").update(state="rolled_back")
    assert "No two rollouts move one service" in panel(there.mina, "collisions")


@pytest.mark.parametrize(("apart", "collides"), [(2, True), (8, False)])
def test_planned_windows_collide_when_they_overlap(there: World, apart: int, collides: bool) -> None:
    now = database_now()
    approved(there, "orders-v3", now + HOUR, now + 4 * HOUR)
    approved(there, "orders-tax", now + apart * HOUR, now + (apart + 3) * HOUR)
    assert (
        "They are to move it in Production at the same time" in panel(there.mina, "collisions")
    ) is collides


def test_stage_planned_into_a_freeze_is_a_collision(there: World) -> None:
    now = database_now()
    approved(there, "orders-v3", now + 2 * HOUR, now + 3 * HOUR)
    freeze = Freeze.objects.create(
        name="Peak", team=there.owners, starts_at=now + HOUR, ends_at=now + 9 * HOUR, max_tier=1
    )
    text = panel(there.mina, "collisions")
    assert "Peak 1 rollout" in text
    assert "Orders v3, stage 1" in text
    Freeze.objects.filter(pk=freeze.pk).update(max_tier=0)
    assert "Peak" not in panel(there.mina, "collisions")
    Freeze.objects.filter(pk=freeze.pk).update(max_tier=None, starts_at=now + 4 * HOUR)
    assert "Peak" not in panel(there.mina, "collisions")


def test_strangers_see_their_own_collisions_first_and_private_ones_never(there: World) -> None:
    running(there, "orders-v3")
    running(there, "orders-tax")
    eve = person("eve@example.test")
    assert "2 rollouts" not in panel(eve, "collisions")
    assert "2 rollouts" in panel(eve, "collisions", "?show=all")
    Rollout.objects.filter(slug="orders-tax").update(visibility="private")
    assert "2 rollouts" not in panel(eve, "collisions", "?show=all")


def test_crowded_service_is_looked_at_as_far_as_a_page_can(there: World) -> None:
    """Ten thousand rollouts on one service must not keep the first page from coming."""
    first = running(there, "orders-v3")
    copies(first, [f"orders-{number}" for number in range(collisions.ABREAST + 3)])
    text = panel(there.mina, "collisions")
    assert f"{collisions.ABREAST} rollouts or more" in text
    assert text.count("Orders v3, stage") <= collisions.ABREAST


def test_sources_say_how_they_stand_the_worst_first(there: World) -> None:
    now = database_now()
    assert "Nothing is asked for numbers." in panel(there.mina, "metric_sources")
    source(there, "fresh", collected_through_at=now, last_success_at=now)
    source(there, "silent", collected_through_at=now, last_success_at=now - 2 * HOUR, last_error="refused")
    partly = source(there, "partly", collected_through_at=now, last_success_at=now, last_error="refused")
    for at, error in enumerate(("", "refused")):
        Target.objects.create(
            source=partly, service=there.orders, url=f"http://orders-{at}/", last_error=error
        )
    source(there, "off", enabled=False)
    text = panel(there.mina, "metric_sources")
    assert "Silent Production No data, 2 h" in text
    assert "Partly Production 1 of 2 silent" in text
    assert "Fresh Production Fresh, " in text
    assert "Off" not in text
    assert text.index("Silent") < text.index("Partly") < text.index("Fresh")


def test_gates_without_data_are_counted_but_not_those_that_a_halt_silenced(there: World) -> None:
    row = running(there)
    source(there, "fresh")
    gate = Gate.objects.create(
        rollout=row, stage=row.stages.get(number=1), name="errors", title="Errors", kind="metric",
        verdict="no_data", no_data_since_at=database_now(),
    )  # fmt: skip
    assert "1 gate says no data, in 1 rollout." in panel(there.mina, "metric_sources")
    Gate.objects.filter(pk=gate.pk).update(silenced=True)
    assert "no data, in" not in panel(there.mina, "metric_sources")


def looked(who: Person, ago: timedelta) -> None:
    """As if the person had last opened the page so long ago."""
    Visit.objects.filter(person=who).update(looked_at=database_now() - ago)


def test_what_happened_since_the_last_visit_stays_for_this_visit(there: World) -> None:
    client = signed_in(there.mina)
    first = client.get("/").content.decode()
    assert "The last day" in first
    assert "None of these rollouts moved or stopped." in first
    running(there)
    looked(there.mina, 8 * HOUR)
    for _again in range(2):
        text = client.get("/").content.decode()
        assert "Since you last looked" in text
        assert '<span class="sub">8\u00a0h' in text
        assert "started the rollout and entered stage 1" in text
    looked(there.mina, 2 * HOUR)
    assert '<span class="sub">2\u00a0h' in client.get("/").content.decode()


def test_a_page_that_refreshes_itself_is_no_visit(there: World) -> None:
    client = signed_in(there.mina)
    client.get("/")
    looked(there.mina, 8 * HOUR)
    before = Visit.objects.get(person=there.mina).looked_at
    client.get("/panels/lately/")
    assert Visit.objects.get(person=there.mina).looked_at == before


def test_events_of_private_rollouts_of_others_are_not_told(there: World) -> None:
    row = running(there)
    eve = person("eve@example.test")
    assert "Orders v3" not in panel(eve, "lately")
    assert "Orders v3" in panel(eve, "lately", "?show=all")
    Rollout.objects.filter(pk=row.pk).update(visibility="private")
    assert "Orders v3" not in panel(eve, "lately", "?show=all")


@pytest.mark.parametrize("query", ["", "?show=all"])
def test_panels_ask_again_within_15_seconds_and_get_nothing_when_nothing_is_newer(
    there: World, query: str
) -> None:
    running(there)
    client = signed_in(there.mina)
    text = client.get(f"/{query}").content.decode()
    asked = re.findall(r'data-live hx-get="([^"]+)" hx-trigger="every 15s"', text)
    names = {url.split("/")[2] for url in asked}
    assert names == {"needs", "alerts", "portfolio", "collisions", "metric_sources", "lately"}
    for url in map(unescape, asked):
        assert ("show=all" in url) is bool(query)
        if "/needs/" not in url:  # shows the minute
            assert client.get(url).status_code == 204, url
    decide(there.priya, Action.HALT)
    for url in map(unescape, asked):
        if "/needs/" in url or "/portfolio/" in url or "/lately/" in url:
            assert "halted" in client.get(url).content.decode().lower()


def test_unknown_panel_is_not_there(there: World) -> None:
    assert signed_in(there.mina).get("/panels/nothing/").status_code == 404


@pytest.mark.parametrize("name", ["collisions", "metric_sources", "lately"])
def test_lower_panels_ask_a_constant_number_of_queries(
    there: World, name: str, django_assert_num_queries: Any
) -> None:
    now = database_now()
    client, url = signed_in(there.mina), f"/panels/{name}/?show=all"

    def more(numbers: range) -> None:
        for number in numbers:
            running(there, f"orders-{number}")
            approved(there, f"later-{number}", now + HOUR, now + 2 * HOUR)
            source(there, f"source-{number}", last_success_at=now, collected_through_at=now)
            Freeze.objects.create(
                name=f"Freeze {number}", team=there.owners, starts_at=now, ends_at=now + 9 * HOUR
            )

    more(range(2))
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    more(range(2, 10))
    with django_assert_num_queries(len(few.captured_queries)):
        assert client.get(url).status_code == 200


def test_api_tells_what_the_first_page_shows(there: World) -> None:
    running(there, "orders-v3")
    running(there, "orders-tax")
    source(there, "fresh")
    decide(there.priya, Action.HALT, "orders-tax")
    told = signed_in(there.priya).get("/api/v1/now/").json()
    assert told["needs"][0]["title"] == "Orders v3 is halted"
    assert [each["title"] for each in told["collisions"]] == ["Orders"]
    assert len(told["collisions"][0]["rollouts"]) == 2
    assert [(each["name"], each["standing"]) for each in told["sources"]] == [("fresh", "new")]
    assert told["since"] is None
    assert "halted" in told["happened"][0]["sentence"]
    eve = signed_in(person("eve@example.test"))
    assert eve.get("/api/v1/now/").json()["collisions"] == []
    assert len(eve.get("/api/v1/now/?show=all").json()["collisions"]) == 1
    assert not Visit.objects.exists()
