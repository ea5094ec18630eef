"""The end of a version: announced, shown with who is left, reminded of, retired when nobody is left."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Delivery
from rollouts.accounts.models import Membership
from rollouts.audit.models import Event
from rollouts.audit.services import due_followups, run_followup
from rollouts.contracts.deprecating import reminding
from rollouts.contracts.deprecating.headers import headers
from rollouts.contracts.models import Consumer, ContractVersion, Deprecation, Reminded
from rollouts.health.models import Hour, Rolled, Source, Window
from rollouts.health.values import contract_series
from rollouts.lib.clock import database_now
from tests.accounts.factories import team
from tests.contracts.papers import House, house, put, signed_in
from tests.health.factories import series, source

pytestmark = pytest.mark.django_db
END = "versions/2.1/end/"
PAGE = "/contracts/orders-api/versions/2.1/end/"
RETIRE = "/api/v1/contracts/orders-api/versions/2.1/retire/"
READINESS = "consumers/shipping/"


@pytest.fixture
def there() -> House:
    made = house()
    ContractVersion.objects.create(contract=made.contract, version="3.0", state="active")
    return made


def today() -> date:
    return database_now().date()


def retire(there: House, **body: Any) -> Any:
    return signed_in(there.mina).post(RETIRE, body, content_type="application/json")


def test_header_fields_are_as_the_standards_say() -> None:
    found = headers(
        deprecated_on=date(2023, 7, 1),
        sunset_on=date(2024, 6, 30),
        page="https://g.test/end",
        successor="https://g.test/3",
    )
    assert found == (
        ("Deprecation", "@1688169600"),
        ("Link", '<https://g.test/end>; rel="deprecation"; type="text/html"'),
        ("Sunset", "Sun, 30 Jun 2024 23:59:59 GMT"),
        ("Link", '<https://g.test/end>; rel="sunset"; type="text/html"'),
        ("Link", '<https://g.test/3>; rel="successor-version"'),
    )


def test_an_address_cannot_leave_its_place_in_a_header() -> None:
    told = headers(deprecated_on=date(2026, 1, 1), sunset_on=None, page='https://a.test/>; rel="x"\r\nSet: ü')
    assert (
        told[1][1]
        == '<https://a.test/%3E;%20rel=%22x%22%0D%0ASet:%20%C3%BC>; rel="deprecation"; type="text/html"'
    )


@given(deprecated=st.dates(min_value=date(1970, 1, 1)), sunset=st.dates(min_value=date(1970, 1, 1)))
def test_a_sunset_never_stands_before_the_deprecation(deprecated: date, sunset: date) -> None:
    told = [name for name, _ in headers(deprecated_on=deprecated, sunset_on=sunset, page="x")]
    assert ("Sunset" in told) is (sunset >= deprecated)


def test_an_end_is_announced_and_shown_with_who_is_left(there: House) -> None:
    given = {
        "deprecated": "2026-12-01",
        "sunset": "2099-03-31",
        "successor": "3.0",
        "notes": "Use **address**.",
    }
    assert put(there.mina, END, **given).status_code in (200, 201)
    there.version.refresh_from_db()
    assert (there.version.state, str(there.version.sunset_on)) == ("deprecated", "2099-03-31")
    told = signed_in(there.tomas).get(f"/api/v1/contracts/orders-api/{END}").json()
    assert (told["successor"], told["announced"], told["notes"]) == ("3.0", str(today()), "Use **address**.")
    assert told["consumers_left"] == [{"service": "shipping", "team": "shipping", "readiness": "unknown"}]
    assert {"name": "Deprecation", "value": "@1796083200"} in told["headers"]
    assert len(told["calls"]) == 30
    page = signed_in(there.tomas).get(PAGE).content.decode()
    for said in (
        "<strong>address</strong>",
        "Deprecation",
        "31 Mar 2099",
        "Shipping",
        "No call of it was counted",
    ):
        assert said in page
    assert "Only planners and admins" in page


def test_an_end_is_announced_on_its_page(there: House) -> None:
    client = signed_in(there.mina)
    assert client.post(PAGE, {"sunset": "2099-03-31", "successor": "3.0"}).status_code == 302
    there.version.refresh_from_db()
    assert (there.version.deprecated_on, there.version.state) == (today(), "deprecated")
    assert "Header fields to send" in client.get(PAGE).content.decode()
    assert signed_in(there.tomas).post(PAGE, {"sunset": "2099-04-30"}).status_code == 422


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"deprecated": "2027-05-01", "sunset": "2027-04-30"}, "before it is deprecated"),
        ({"successor": "2.1"}, "no other version"),
        ({"successor": "9"}, "no other version"),
        ({"sunset": "2027-02-30"}, "not in the calendar"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"ends": "soon"}, "ends"),
    ],
)
def test_an_end_that_cannot_be_is_refused(there: House, entry: dict[str, str], said: str) -> None:
    answer = put(there.mina, END, **entry)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    there.version.refresh_from_db()
    assert there.version.state == "active"
    assert not Deprecation.objects.exists()


def test_a_version_stays_as_long_as_the_rules_say(there: House) -> None:
    put(there.mina, "rules/", deprecated_days=90)
    early = put(there.mina, END, deprecated="2026-12-01", sunset="2026-12-31")
    assert early.status_code == 422
    assert "2027-03-01 or later" in early.content.decode()
    assert put(there.mina, END, deprecated="2026-12-01").status_code in (200, 201)
    there.version.refresh_from_db()
    assert str(there.version.sunset_on) == "2027-03-01"


def test_no_face_takes_a_sunset_before_the_deprecation(there: House) -> None:
    answer = put(
        there.mina, "versions/2.1/", state="deprecated", deprecated="2026-12-01", sunset="2026-11-30"
    )
    assert "before it is deprecated" in answer.content.decode()


def ends(there: House, days: int) -> None:
    ContractVersion.objects.filter(pk=there.version.pk).update(
        state="deprecated", sunset_on=today() + timedelta(days=days)
    )


def remind() -> int:
    """Runs what is due; how many owners were told."""
    before = Event.objects.filter(kind="contract.sunset_near").count()
    for pk in reminding.due(database_now(), 50):
        reminding.remind(pk)
    return Event.objects.filter(kind="contract.sunset_near").count() - before


@pytest.mark.parametrize(("days", "told"), [(31, 0), (30, 1), (8, 1), (7, 1), (1, 1), (0, 1), (-1, 0)])
def test_owners_are_reminded_when_the_day_comes_near(there: House, days: int, told: int) -> None:
    ends(there, days)
    assert [remind(), remind()] == [told, 0]


def test_each_of_30_7_and_1_days_is_told_once_and_another_date_anew(there: House) -> None:
    ends(there, 20)
    assert remind() == 1
    sunset = today() + timedelta(days=20)
    Reminded.objects.update(sunset_on=sunset - timedelta(days=14))
    ends(there, 6)
    assert [remind(), remind()] == [1, 0]
    ends(there, 25)
    assert [remind(), remind()] == [1, 0]
    reminding.remind(there.version.pk)
    assert remind() == 0


def test_who_has_moved_or_relies_on_others_is_not_reminded(there: House) -> None:
    ends(there, 5)
    Consumer.objects.update(readiness="migrated")
    assert remind() == 0
    Reminded.objects.all().delete()
    Consumer.objects.update(readiness="unknown", uses=">=3")
    assert remind() == 0


def test_a_reminder_reaches_the_planners_of_the_consumer(there: House) -> None:
    put(there.mina, END, sunset=str(today() + timedelta(days=7)), successor="3.0")
    remind()
    for pk in due_followups(database_now(), 100):
        run_followup(pk)
    mail = Delivery.objects.get(way="email")
    assert mail.target == there.tomas.email
    assert "ends in 7 days" in mail.payload["text"]
    assert "Move to 3.0." in mail.payload["text"]


def counted(there: House) -> None:
    """2.1 has ended yesterday, and its provider counts its calls, hour by hour."""
    ends(there, -1)
    here, now = source(window_s=60), database_now().replace(minute=0, second=0, microsecond=0)
    row = series(here, version="3.0", name=contract_series("orders-api"))
    hours = [now - timedelta(hours=back) for back in range(1, 14 * 24 + 1)]
    Hour.DAYS.ensure({at.date() for at in hours})
    every = (1 << 60) - 1
    Hour.objects.bulk_create(
        Hour(series=row, start_at=at, bad=0, total=9, timed=0, minutes=every) for at in hours
    )
    Rolled.objects.create(source=here, through_at=now)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("active", "orders-api 2.1 is not deprecated."),
        ("deprecated", "shipping did not call for 14 days, and nobody said how ready it is."),
    ],
)
def test_a_version_is_not_retired_by_any_face_as_long_as_the_question_says_no(
    there: House, state: str, said: str
) -> None:
    if state == "deprecated":
        counted(there)
    refused = retire(there)
    assert (refused.status_code, refused.json()["code"]) == (409, "still_live")
    assert refused.json()["detail"] == said
    assert "break-glass" in refused.json()["remedy"]
    saved = put(there.mina, "versions/2.1/", state="retired")
    assert saved.status_code == 422
    assert said in saved.content.decode()
    page = signed_in(there.mina).post("/contracts/orders-api/versions/2.1/retire/", follow=True)
    assert said in page.content.decode()
    there.version.refresh_from_db()
    assert there.version.state == state
    told = signed_in(there.tomas).get("/api/v1/contracts/orders-api/versions/2.1/can-retire/").json()
    assert (told["answer"], told["sentence"]) == ("no" if state == "active" else "pending", said)


def test_a_catalog_file_neither_retires_nor_drops_a_version_in_use(there: House) -> None:
    entry = {"provider": "orders", "format": "openapi"}
    retired, dropped = [{"version": "2.1", "state": "retired"}, {"version": "3.0"}], [{"version": "3.0"}]
    for versions, said in ((retired, "is not deprecated"), (dropped, "relied on by Shipping")):
        answer = put(there.mina, "", **entry, versions=versions)
        assert answer.status_code == 422
        assert said in answer.content.decode()
    there.version.refresh_from_db()
    assert (there.version.state, there.version.gone_at) == ("active", None)


def test_a_version_is_retired_when_all_have_moved(there: House) -> None:
    put(there.mina, READINESS, readiness="migrated")
    ends(there, -1)
    assert "Calls were counted in 0%" in retire(there).json()["detail"]
    counted(there)
    assert "Nothing stands against it." in signed_in(there.mina).get(PAGE).content.decode()
    assert retire(there).status_code == 200
    there.version.refresh_from_db()
    assert (there.version.state, there.version.retired_on) == ("retired", today())


def test_calls_keep_a_version_that_nobody_declares(there: House) -> None:
    Consumer.objects.all().delete()
    counted(there)
    row = series(Source.objects.get(), version="2.1", name=contract_series("orders-api"))
    window = Window.objects.create(series=row, start_at=database_now(), total=7)
    said = "A caller without a name made 7 calls on 2.1 in the last 14 days."
    assert retire(there).json()["detail"] == said
    assert said in signed_in(there.mina).get(PAGE).content.decode()
    told = signed_in(there.tomas).get(f"/api/v1/contracts/orders-api/{END}").json()["calls"]
    assert sum(each["calls"] for each in told) == 7
    assert "7 calls in the last 7 days" in signed_in(there.tomas).get(PAGE).content.decode()
    window.delete()
    assert retire(there).status_code == 200


def test_breaking_the_glass_takes_the_role_and_a_reason_and_tells_the_owners(there: House) -> None:
    assert retire(there, override=True, reason="It leaks.").status_code == 403
    Membership.objects.create(team=team("orders"), person=there.mina, role="breaker")
    refused = retire(there, override=True)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_reason")
    assert "Break the glass" in signed_in(there.mina).get(PAGE).content.decode()
    assert retire(there, override=True, reason="It leaks.").status_code == 200
    there.version.refresh_from_db()
    assert there.version.state == "retired"
    assert Event.objects.filter(kind="contract.retired_live").count() == 1
    for pk in due_followups(database_now(), 100):
        run_followup(pk)
    mail = Delivery.objects.get(way="email")
    assert mail.target == there.tomas.email
    assert "It leaks." in mail.payload["text"]


def test_the_last_day_ends_with_its_last_second() -> None:
    from rollouts.contracts.deprecating.headers import sunset_at

    assert sunset_at(date(2026, 12, 31)) == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
