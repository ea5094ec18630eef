"""Another rollout on the same service blocks a start, a promotion and a proposal, unless passed over."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection, transaction

from rollouts.decisions import services
from rollouts.decisions.machine.values import Action, Refused
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.queries import crossings_now, governing_revision, plan_of
from tests.decisions.factories import World, decide, plan_text, ready, rollout, running, world
from tests.plans.ordering import page, saved, shop, text

pytestmark = pytest.mark.django_db(transaction=True)

FIRST = "rollout orders-v3"


def approved(there: World, slug: str, source: str | None = None) -> Rollout:
    rollout(there, slug, source=source)
    decide(there.mina, Action.PROPOSE, slug)
    decide(there.priya, Action.APPROVE, slug)
    return Rollout.objects.get(slug=slug)


def test_a_start_waits_for_the_rollout_that_holds_the_service() -> None:
    there = world()
    running(there)
    approved(there, "orders-v4")
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.START, "orders-v4")
    assert refused.value.code == "other_rollout"
    assert refused.value.sentence == "Not now: “Orders v3” holds orders in production."
    for action in (Action.HOLD, Action.HALT):
        decide(there.mina, action)
        with pytest.raises(Refused, match="holds orders in production"):
            decide(there.mina, Action.START, "orders-v4")
    assert Rollout.objects.get(slug="orders-v4").state == "approved"


def test_of_two_starts_at_once_on_one_service_one_waits() -> None:
    there = world()
    for slug in ("orders-v3", "orders-v4"):
        approved(there, slug)

    def start(slug: str) -> str:
        try:
            return str(decide(there.mina, Action.START, slug).rollout.state)
        except Refused as refused:
            return refused.code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(start, ("orders-v3", "orders-v4")))
    assert sorted(said) == ["other_rollout", "running"]


def test_a_stage_is_not_entered_while_another_rollout_of_the_service_is_decided_on() -> None:
    there = world()
    approved(there, "orders-v4")
    held = Event()
    done = Event()

    def deciding() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('moves orders in production', 0))")
            held.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(deciding)
        assert held.wait(10)
        with pytest.raises(Refused, match="being decided on at this moment") as refused:
            decide(there.mina, Action.START, "orders-v4")
        done.set()
        other.result(10)
    assert refused.value.code == "other_rollout"
    assert decide(there.mina, Action.START, "orders-v4").rollout.state == "running"


def test_a_rollout_that_has_ended_holds_nothing() -> None:
    there = world()
    running(there)
    decide(there.mina, Action.HALT)
    decide(there.mina, Action.CLOSE, reason="Given up.", remaining="Nobody.")
    approved(there, "orders-v4")
    assert decide(there.mina, Action.START, "orders-v4").rollout.state == "running"


def test_the_break_glass_role_passes_over_it_by_name_and_opens_a_review() -> None:
    there = world()
    running(there)
    approved(there, "orders-v4")
    over: dict[str, Any] = {"override": (FIRST,), "reason": "They agreed."}
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.START, "orders-v4", **over)
    assert refused.value.code == "forbidden"
    started = decide(there.tomas, Action.START, "orders-v4", **over)
    assert started.event.content["moved"]["override"] == [FIRST]
    assert started.rollout.review_cause == "override"
    assert "It passes over rollout orders-v3." in started.event.content["sentence"]


def test_who_came_second_is_held_up_and_who_came_first_goes_on() -> None:
    there = world()
    first = ready(there)
    second = approved(there, "orders-v4")
    decide(there.tomas, Action.START, "orders-v4", override=(FIRST,), reason="They agreed.")
    for slug in ("orders-v3", "orders-v4"):
        decide(there.priya, Action.APPROVE, slug, stage=2)
    services.do_duties(rollout_id=second.pk)
    with pytest.raises(Refused) as refused:
        decide(there.priya, Action.PROMOTE, "orders-v4", stage=2)
    assert refused.value.code == "other_rollout"
    services.do_duties(rollout_id=first.pk)
    assert decide(there.priya, Action.PROMOTE, stage=2).rollout.stage == 2
    over: dict[str, Any] = {"override": (FIRST,), "reason": "They agreed."}
    assert decide(there.tomas, Action.PROMOTE, "orders-v4", stage=2, **over).rollout.stage == 2


def test_the_system_waits_as_well_and_goes_on_when_the_way_is_free() -> None:
    there = world()
    running(there)
    automatic = plan_text("orders-v4").replace("name: half\n", "name: half\n    advance: automatic\n")
    row = approved(there, "orders-v4", automatic)
    decide(there.tomas, Action.START, "orders-v4", override=(FIRST,), reason="They agreed.")
    decide(there.priya, Action.APPROVE, "orders-v4", stage=2)
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    assert row.stage == 1
    assert row.due_at is not None
    assert row.due_at <= database_now() + timedelta(minutes=1)
    decide(there.mina, Action.HALT)
    decide(there.mina, Action.CLOSE, reason="Given up.", remaining="Nobody.")
    services.do_duties(rollout_id=row.pk)
    row.refresh_from_db()
    assert row.stage == 2


def windowed(hour: int, slug: str) -> str:
    day = (database_now() + timedelta(days=3)).date()
    start, end = (f"{day}T{each:02}:00" for each in (hour, hour + 2))
    window = f'bake: 0s\n    window: {{start: "{start}", end: "{end}", zone: UTC}}\n'
    return plan_text(slug).replace("bake: 0s\n", window)


def test_plans_for_the_same_time_are_refused_when_proposed() -> None:
    there = world()
    approved(there, "orders-v3", windowed(9, "orders-v3"))
    rollout(there, "orders-v4", source=windowed(10, "orders-v4"))
    with pytest.raises(Refused, match="is planned to move orders in production at the same time") as refused:
        decide(there.mina, Action.PROPOSE, "orders-v4")
    assert refused.value.code == "other_rollout"
    over: dict[str, Any] = {"override": (FIRST,), "reason": "Other callers."}
    assert decide(there.mina, Action.PROPOSE, "orders-v4", **over).rollout.state == "proposed"
    rollout(there, "orders-v5", source=windowed(14, "orders-v5"))
    assert decide(there.mina, Action.PROPOSE, "orders-v5").rollout.state == "proposed"


def test_the_rollout_page_and_the_api_show_what_is_in_the_way_with_links() -> None:
    there = world()
    running(there)
    approved(there, "orders-v4")
    client = page(there)
    shown = client.get("/rollouts/orders-v4/").content.decode()
    assert "Other rollouts in the way" in shown
    assert '<a href="/rollouts/orders-v3/">Orders v3</a>' in shown
    assert "“Orders v3” holds orders in production." in shown
    (found,) = client.get("/api/v1/rollouts/orders-v4/crossings/").json()
    assert (found["rollout"], found["way"], found["blocks"]) == ("orders-v3", "service", True)
    assert found["name"] == FIRST
    assert client.get("/api/v1/rollouts/orders-v3/crossings/").json() == []
    client.force_login(there.tomas)
    over = client.get("/rollouts/orders-v4/decide/start/?override=1").content.decode()
    assert "Override, and start Orders v3?" in over
    sent = {"override": FIRST, "reason": "They agreed."}
    assert client.post("/rollouts/orders-v4/decide/start/", sent).status_code == 302
    assert Rollout.objects.get(slug="orders-v4").state == "running"


def test_a_private_rollout_is_not_named() -> None:
    there = world()
    hidden = running(there)
    Rollout.objects.filter(pk=hidden.pk).update(visibility="private")
    approved(there, "orders-v4")
    with pytest.raises(Refused) as refused:
        decide(there.mina, Action.START, "orders-v4")
    assert "“a private rollout of Orders” holds orders in production" in refused.value.sentence
    assert "orders-v3" not in str(refused.value)


def test_a_removal_waits_for_who_may_roll_back_to_the_version() -> None:
    there = shop().there
    api = {"contract": "orders-api", "contract_from": "2.1", "contract_to": "3.0.0"}
    moves = text("shipping", slug="move", changes=[{"service": "shipping", **api}])
    approved(there, "move", moves)
    gone = [{"service": "orders", "kind": "contract", **api}]
    saved(there, "orders.contract", slug="remove", changes=gone)
    with pytest.raises(Refused, match="takes orders-api 2.1 away, and “Orders v3” may roll back to it"):
        decide(there.mina, Action.PROPOSE, "remove")


def test_many_others_are_met_with_the_same_queries(django_assert_num_queries: Any) -> None:
    there = world()
    row = running(there)
    plan = plan_of(governing_revision(row))  # type: ignore[arg-type]
    for many in (1, 6):
        for number in range(many):
            approved(there, f"other-{many}-{number}")
        stages = list(row.stages.order_by("number", "pk"))
        with django_assert_num_queries(7):
            crossings_now(row, plan, stages, database_now())
