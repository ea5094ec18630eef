"""Client certificates and authorities of one's own, over real TLS."""

from collections.abc import Iterator

import pytest

from rollouts.lib import http, tls
from rollouts.lib.http import Guard
from rollouts.lib.tls import Trust
from tests.lib.certificates import made, showing
from tests.lib.servers import serving

GUARD = Guard.of(["127.0.0.0/8"])


AUTHORITY = made("authority")
CLIENT = made("client", AUTHORITY)


@pytest.fixture
def address() -> Iterator[str]:
    """A server that lets in who shows a certificate of the authority."""
    with showing(made("server", AUTHORITY), clients_of=AUTHORITY) as port:
        yield f"https://127.0.0.1:{port}/"


def test_a_certificate_of_ours_lets_us_in(address: str) -> None:
    trust = Trust(AUTHORITY.pem, CLIENT.pem, CLIENT.pem_key)
    assert http.fetch("GET", address, guard=GUARD, timeout_s=5, trust=trust).body == b"in"


def test_without_one_or_with_the_wrong_authority_nobody_gets_in(address: str) -> None:
    other = made("somebody else")
    for trust in (
        None,
        Trust(AUTHORITY.pem),
        Trust("", CLIENT.pem, CLIENT.pem_key),
        Trust(other.pem, CLIENT.pem, CLIENT.pem_key),
    ):
        with pytest.raises(http.Failed):
            http.fetch("GET", address, guard=GUARD, timeout_s=5, trust=trust)


@pytest.mark.parametrize(
    "trust",
    [
        Trust(authority="none"),
        Trust(certificate="none", key="none"),
        Trust(certificate=CLIENT.pem, key=AUTHORITY.pem_key),
        Trust(certificate=CLIENT.pem),
    ],
)
def test_certificates_that_are_none_are_said(trust: Trust) -> None:
    with pytest.raises(tls.Unusable, match="PEM"):
        tls.context(trust)
    with pytest.raises(http.Failed, match="PEM"):
        http.fetch("GET", "https://127.0.0.1:9/", guard=GUARD, timeout_s=5, trust=trust)


def test_a_key_is_never_shown() -> None:
    assert "PRIVATE" not in repr(Trust("", CLIENT.pem, CLIENT.pem_key))


def test_a_server_that_speaks_no_tls_is_said() -> None:
    with serving(lambda ask: None) as url, pytest.raises(http.Failed, match="does not speak TLS as we do"):
        http.fetch("GET", url.replace("http:", "https:"), guard=GUARD, timeout_s=5)


def test_a_certificate_that_is_not_valid_is_said() -> None:
    """Who reads "ConnectError" looks for a broken network."""
    with showing(made("server")) as port, pytest.raises(http.Failed, match="self-signed certificate"):
        http.fetch("GET", f"https://127.0.0.1:{port}/", guard=GUARD, timeout_s=5)
