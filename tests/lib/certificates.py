"""Real certificates for tests, made as they are needed, and small TLS servers that show them."""

import ssl
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.lib.servers import Answer, reply

HERE = "127.0.0.1"


class Pair(NamedTuple):
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def pem_key(self) -> str:
        plain = serialization.NoEncryption()
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
        ).decode()


def made(
    name: str,
    issuer: Pair | None = None,
    *,
    hosts: Sequence[str] = (HERE,),
    since: timedelta = timedelta(hours=-1),
    until: timedelta = timedelta(days=1),
) -> Pair:
    """For these hosts, valid from `since` to `until` from now, signed by the issuer or by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + since)
        .not_valid_after(now + until)
        .add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _host(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


@contextmanager
def showing(
    pair: Pair, *, clients_of: Pair | None = None, answer: Answer = lambda ask: reply(ask, b"in")
) -> Iterator[int]:
    """A server on loopback that shows the certificate and answers "in"; yields its port.

    `clients_of`: it lets in only who shows a certificate of this authority.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, format: str, *args: object) -> None:
            pass

    context = ssl.create_default_context(
        ssl.Purpose.CLIENT_AUTH, cadata=clients_of.pem if clients_of else None
    )
    if clients_of:
        context.verify_mode = ssl.CERT_REQUIRED
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pair.pem + pair.pem_key)
        file.flush()
        context.load_cert_chain(Path(file.name))
    server = ThreadingHTTPServer((HERE, 0), Handler)
    server.daemon_threads = True
    # Who refuses our certificate breaks off: that is what the test is about.
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    # The handshake is made in the request's own thread: a client that breaks it off stops nobody else.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
