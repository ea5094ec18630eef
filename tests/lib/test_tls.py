"""Client certificates and authorities of one's own, over real TLS."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rollouts.lib import http, tls
from rollouts.lib.http import Guard
from rollouts.lib.tls import Trust

GUARD = Guard.of(["127.0.0.0/8"])


def made(name: str, issuer: "tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None" = None) -> tuple:  # type: ignore[type-arg]
    """A certificate with its key, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begun = datetime.now(UTC) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begun)
        .not_valid_after(begun + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def pem_key(key: ec.EllipticCurvePrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


AUTHORITY = made("authority")
CLIENT = made("client", AUTHORITY)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A server that lets in who shows a certificate of the authority."""
    certificate, key = made("server", AUTHORITY)
    (tmp_path / "server.pem").write_text(pem(certificate) + pem_key(key))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=pem(AUTHORITY[0]))
    context.load_cert_chain(tmp_path / "server.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"in")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"https://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_a_certificate_of_ours_lets_us_in(address: str) -> None:
    trust = Trust(pem(AUTHORITY[0]), pem(CLIENT[0]), pem_key(CLIENT[1]))
    assert http.fetch("GET", address, guard=GUARD, timeout_s=5, trust=trust).body == b"in"


def test_without_one_or_with_the_wrong_authority_nobody_gets_in(address: str) -> None:
    other = made("somebody else")
    for trust in (
        None,
        Trust(pem(AUTHORITY[0])),
        Trust("", pem(CLIENT[0]), pem_key(CLIENT[1])),
        Trust(pem(other[0]), pem(CLIENT[0]), pem_key(CLIENT[1])),
    ):
        with pytest.raises(http.Failed):
            http.fetch("GET", address, guard=GUARD, timeout_s=5, trust=trust)


@pytest.mark.parametrize(
    "trust",
    [
        Trust(authority="none"),
        Trust(certificate="none", key="none"),
        Trust(certificate=pem(CLIENT[0]), key=pem_key(AUTHORITY[1])),
        Trust(certificate=pem(CLIENT[0])),
    ],
)
def test_certificates_that_are_none_are_said(trust: Trust) -> None:
    with pytest.raises(tls.Unusable, match="PEM"):
        tls.context(trust)
    with pytest.raises(http.Failed, match="PEM"):
        http.fetch("GET", "https://127.0.0.1:9/", guard=GUARD, timeout_s=5, trust=trust)


def test_a_key_is_never_shown() -> None:
    assert "PRIVATE" not in repr(Trust("", pem(CLIENT[0]), pem_key(CLIENT[1])))
