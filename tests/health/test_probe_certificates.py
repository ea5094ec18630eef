"""Checks of https addresses against real TLS servers that show real certificates, good and bad ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from rollouts.health.models import ProbeRun
from rollouts.lib import http
from tests.accounts.factories import person
from tests.accounts.factories import team as owners
from tests.health.factories import environment, service
from tests.health.test_probes import run_due
from tests.lib.certificates import Pair, made, showing
from tests.lib.servers import reply, serving

pytestmark = pytest.mark.django_db

AUTHORITY = made("authority")
STRANGER = made("another authority")


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """The test's authority is the system's, as an operator would set it."""
    (tmp_path / "authority.pem").write_text(AUTHORITY.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    http._verified_tls.cache_clear()
    yield
    http._verified_tls.cache_clear()


@pytest.fixture
def ada(client: Client) -> Client:
    owners("orders-team", planner=[person("ada@example.test")])
    environment()
    service()
    client.force_login(person("ada@example.test"))
    return client


def ran(client: Client, address: str, **more: Any) -> ProbeRun:
    expect = {"certificate_days": more.pop("days")} if "days" in more else {}
    step = {"name": "Read", "url": address, "expect": {"body_matches": "in", **expect}}
    given = {"title": "Orders", "service": "orders", "environment": "production", "steps": [step], **more}
    assert client.put("/api/v1/probes/orders/", given, "application/json").status_code in (200, 201)
    run_due()
    return ProbeRun.objects.latest("at")


def test_a_valid_certificate_passes_and_its_end_is_shown(ada: Client) -> None:
    good = made("orders", AUTHORITY, until=timedelta(days=30, hours=1))
    with showing(good) as port:
        run = ran(ada, f"https://127.0.0.1:{port}/", days=30)
    assert (run.ok, run.said) == (True, "")
    until = datetime.fromisoformat(run.steps[0]["certificate_until"])
    assert until == good.certificate.not_valid_after_utc
    assert run.steps[0]["phases"]["tls"] > 0
    page = ada.get("/probes/orders/").content.decode()
    assert "Certificate until" in page
    assert f"{until.astimezone(UTC):%Y-%m-%d}" in page


def test_one_that_ends_soon_fails_only_where_that_was_asked(ada: Client) -> None:
    soon = made("orders", AUTHORITY, until=timedelta(days=5, hours=1))
    with showing(soon) as port:
        address = f"https://127.0.0.1:{port}/"
        assert ran(ada, address).ok
        assert ran(ada, address, days=5).ok
        run = ran(ada, address, days=14)
    assert run.said == "Read: The certificate ends in 5 days, at least 14 were expected."
    assert run.steps[0]["certificate_until"], "it is shown, most of all where it failed"


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (made("orders", AUTHORITY, since=timedelta(days=-9), until=timedelta(days=-1)), "has expired"),
        (made("orders", AUTHORITY, since=timedelta(days=1), until=timedelta(days=9)), "not yet valid"),
        (made("orders", AUTHORITY, hosts=["shop.example.test"]), "not valid for '127.0.0.1'"),
        (made("orders"), "self-signed certificate"),
        (made("orders", STRANGER), "unable to get local issuer certificate"),
    ],
    ids=["expired", "not-yet", "wrong-host", "self-signed", "unknown-authority"],
)
def test_a_bad_certificate_fails_the_check_and_says_why(ada: Client, pair: Pair, words: str) -> None:
    with showing(pair) as port:
        run = ran(ada, f"https://127.0.0.1:{port}/")
    assert not run.ok
    assert "shows a certificate that is not valid" in run.said
    assert words in run.said, run.said
    assert run.steps[0]["status"] is None, "nothing was sent"


def test_the_certificate_is_that_of_the_address_and_not_of_the_host_that_is_gone_to(ada: Client) -> None:
    """`connect_to` leads to one version; the name that users type is the one that has to be on it."""
    with showing(made("orders", AUTHORITY, hosts=["orders.example.test"])) as port:
        address = f"https://orders.example.test:{port}/"
        assert ran(ada, address, connect_to="127.0.0.1").ok
        run = ran(ada, f"https://shop.example.test:{port}/", connect_to="127.0.0.1")
    assert "not valid for 'shop.example.test'" in run.said


def test_the_certificate_that_ends_first_on_the_way_counts(ada: Client) -> None:
    """A redirect from a name that nobody renews any more breaks users, too."""
    with showing(made("new", AUTHORITY, until=timedelta(days=60, hours=1))) as new:
        to = {"Location": f"https://127.0.0.1:{new}/"}
        early = made("old", AUTHORITY, until=timedelta(days=3, hours=1))
        with showing(early, answer=lambda ask: reply(ask, status=302, headers=to)) as old:
            run = ran(ada, f"https://127.0.0.1:{old}/", days=14)
    assert run.said == "Read: The certificate ends in 3 days, at least 14 were expected."


def test_an_address_without_tls_has_no_certificate(ada: Client) -> None:
    with serving(lambda ask: reply(ask, b"in")) as url:
        run = ran(ada, f"{url}/", days=1)
    assert run.said == "Read: There is no certificate: the address is not https."
    assert run.steps[0]["certificate_until"] is None
