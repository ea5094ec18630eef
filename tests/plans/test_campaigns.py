"""A contract's move over several rollouts: who has moved, shares of calls, when the old one could retire."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.audit import queries as audit
from rollouts.contracts.models import Consumer, ContractVersion
from rollouts.decisions.machine.values import Action
from rollouts.health.models import Hour, Rolled
from rollouts.health.values import contract_series
from rollouts.lib.clock import database_now
from rollouts.plans.campaigns.forecasting import FEWEST_DAYS, QUIET_DAYS, forecast, moved_by
from rollouts.plans.models import Campaign
from tests.accounts.factories import person
from tests.decisions.factories import decide
from tests.health.factories import series, source
from tests.plans.ordering import Shop, page, saved, shop

TODAY = date(2026, 11, 30)
DAY = timedelta(days=1)


def falling(start: float, by: float, days: int = 20) -> dict[date, float]:
    return {TODAY - DAY * (days - 1 - number): max(0.0, start - by * number) for number in range(days)}


def test_a_share_that_falls_evenly_is_drawn_on_to_nothing_and_then_is_quiet() -> None:
    found = forecast(falling(0.6, 0.01), TODAY)
    assert found is not None
    # 0.41 today, the middle of the last week 0.44: 44 days, and 14 quiet ones.
    assert found.middle is not None
    assert abs((found.middle - TODAY).days - (44 + QUIET_DAYS)) <= 1
    assert found.early == found.late == found.middle
    assert found.why == "its share falls by 1 points a day"


def test_it_never_retires_before_its_sunset() -> None:
    sunset = TODAY + DAY * 400
    found = forecast(falling(0.6, 0.01), TODAY, sunset)
    assert found is not None
    assert found.middle == sunset


@pytest.mark.parametrize("by", [0.0, -0.01])
def test_a_share_that_does_not_fall_has_no_day(by: float) -> None:
    found = forecast(falling(0.5, by), TODAY)
    assert found is not None
    assert (found.middle, found.late, found.why) == (None, None, "its share of calls does not fall")


def test_with_too_few_days_nothing_is_told() -> None:
    assert forecast(falling(0.5, 0.01, FEWEST_DAYS - 1), TODAY) is None
    assert forecast({}, TODAY) is None


def test_what_nobody_has_called_for_long_enough_may_go_now() -> None:
    shares = {TODAY - DAY * back: 0.0 for back in range(20)}
    found = forecast(shares, TODAY)
    assert found is not None
    assert found.middle == TODAY
    shares[TODAY - DAY * (QUIET_DAYS - 1)] = 0.2
    found = forecast(shares, TODAY)
    assert found is not None
    assert found.middle is None or found.middle > TODAY


@given(st.lists(st.floats(0, 1), min_size=FEWEST_DAYS, max_size=25), st.integers(0, 300))
def test_a_later_sunset_never_makes_it_sooner(shares: list[float], later: int) -> None:
    by_day = {TODAY - DAY * back: share for back, share in enumerate(shares)}
    before, after = forecast(by_day, TODAY), forecast(by_day, TODAY, TODAY + DAY * later)
    assert before is not None
    assert after is not None
    assert (before.middle is None) == (after.middle is None)
    if before.middle and after.middle:
        assert after.middle >= max(before.middle, TODAY + DAY * later)
    for one in (before, after):
        if one.middle and one.early and one.late:
            assert one.early <= one.middle <= one.late


def test_who_moved_at_an_unknown_time_had_moved_before() -> None:
    assert moved_by([None, TODAY - DAY, TODAY], [TODAY - DAY * 2, TODAY - DAY, TODAY]) == [1, 2, 3]


API = {"contract": "orders-api", "contract_from": "2.1", "contract_to": "3.0.0"}
MOVE = {"contract": "orders-api", "old": "2.1", "new": "3.0.0"}


def counted() -> None:
    """Calls of thirty days, of which ever fewer speak 2.1, as the collector adds them up by the hour."""
    of, now = source(), database_now()
    Rolled.objects.create(source=of, through_at=now)
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for version, sign in (("2.1", -2), ("3.0.0", 2)):
        row = series(of, version=version, name=contract_series("orders-api"))
        for number in range(30):
            at = midnight - DAY * (29 - number)
            Hour.objects.create(series=row, start_at=at, bad=0, total=100 + sign * number, timed=0, minutes=1)


def opened(made: Shop, **more: Any) -> Any:
    return page(made.there).post("/api/v1/campaigns/", {**MOVE, **more}, content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_it_is_opened_once_logged_and_ended() -> None:
    made = shop()
    first = opened(made, note="By spring.")
    assert (first.status_code, first.json()["opened_by"]) == (201, "Mina")
    assert opened(made).status_code == 200
    assert Campaign.objects.get().note == "By spring."
    kinds = {"plans.campaign_opened", "plans.campaign_ended"}
    assert [event.kind for event in audit.newest(streams=["service:orders"], kinds=kinds)] == [
        "plans.campaign_opened"
    ]
    client = page(made.there)
    assert client.delete(f"/api/v1/campaigns/{first.json()['id']}/").json()["ended_at"]
    assert len(audit.newest(streams=["service:orders"], kinds=kinds)) == 2
    assert opened(made).status_code == 201


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"old": "9"}, 409, "unknown_version"),
        ({"old": "3.0.0"}, 409, "same_version"),
        ({"contract": "nothing"}, 404, "not_found"),
    ],
)
def test_what_cannot_be_followed_is_refused(more: dict[str, str], status: int, code: str) -> None:
    answer = opened(shop(), **more)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Campaign.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_only_planners_of_the_provider_open_and_end_it() -> None:
    made = shop()
    number = opened(made).json()["id"]
    client = page(made.there)
    client.force_login(person("nobody@example.test"))
    assert client.post("/api/v1/campaigns/", MOVE, content_type="application/json").status_code == 403
    assert client.delete(f"/api/v1/campaigns/{number}/").status_code == 403
    client.post(f"/campaigns/{number}/end/")
    assert Campaign.objects.get().ended_at is None


@pytest.mark.django_db(transaction=True)
def test_rollouts_consumers_shares_and_the_forecast_are_told() -> None:
    made = shop()
    counted()
    saved(made.there, "shipping", slug="moving", changes=[{"service": "shipping", **API}])
    decide(made.there.mina, Action.PROPOSE, "moving")
    Consumer.objects.update(
        readiness="migrated", readiness_for="3.0.0", readiness_at=datetime.now(UTC) - DAY * 3
    )
    ContractVersion.objects.filter(version="2.1").update(state="deprecated", sunset_on=date(2020, 1, 1))
    found = page(made.there).get(f"/api/v1/campaigns/{opened(made).json()['id']}/").json()
    assert found["rollouts"] == ["moving"]
    (mover,) = found["consumers"]
    assert (mover["service"], mover["moved"]) == ("shipping", True)
    assert mover["moved_on"] == str(datetime.now(UTC).date() - DAY * 3)
    assert [day["moved"] for day in found["days"][-5:]] == [0, 1, 1, 1, 1]
    assert found["days"][0]["shares"] == {"2.1": 0.5, "3.0.0": 0.5}
    assert found["days"][-1]["shares"]["2.1"] == 0.21
    assert found["forecast"]["middle"] is not None
    assert "Theil–Sen" in found["method"]


@pytest.mark.django_db(transaction=True)
def test_the_pages_open_show_and_end_it() -> None:
    made = shop()
    counted()
    client = page(made.there)
    assert "None yet. Open one" in client.get("/campaigns/").content.decode()
    assert client.post("/campaigns/", {**MOVE, "old": "9"}).status_code == 422
    answer = client.post("/campaigns/", {**MOVE, "note": "By spring."})
    row = Campaign.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/campaigns/{row.pk}/")
    shown = client.get(f"/campaigns/{row.pk}/").content.decode()
    for words in (
        "Orders API: 2.1 to 3.0.0",
        "When 2.1 could retire",
        "0 of 1 have moved",
        "Theil–Sen",
        "By spring.",
    ):
        assert words in shown
    assert client.post(f"/campaigns/{row.pk}/end/").status_code == 302
    assert Campaign.objects.get().ended_at is not None
    assert "End it" not in client.get(f"/campaigns/{row.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_without_calls_it_says_so() -> None:
    made = shop()
    number = opened(made).json()["id"]
    shown = page(made.there).get(f"/campaigns/{number}/").content.decode()
    assert "Too few days have calls to say when." in shown
    assert "No call that names a version was counted" in shown


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [1, 12])
def test_many_rollouts_and_consumers_are_read_with_the_same_queries(
    many: int, django_assert_num_queries: Any
) -> None:
    made = shop()
    number = opened(made).json()["id"]
    for one in range(many):
        saved(made.there, "shipping", slug=f"moving-{one}", changes=[{"service": "shipping", **API}])
        decide(made.there.mina, Action.PROPOSE, f"moving-{one}")
    client = page(made.there)
    client.get(f"/api/v1/campaigns/{number}/")
    with django_assert_num_queries(13):
        client.get(f"/api/v1/campaigns/{number}/")
