import gzip
import ipaddress
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from rollouts.lib import addresses, http
from tests.lib.servers import reply, serving

LOOPBACK = http.Guard.of(["127.0.0.0/8"])
STRICT = http.Guard.of()


def _named(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Resolves only these names, and says which were asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if host not in names:
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in names[host]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.192",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "fe80::1",
        "fe80::1%lo",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:53aa:64c:0:0:80ff:fffe",
    ],
)
def test_internal_addresses_are_denied(address: str) -> None:
    assert not addresses.allowed(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert addresses.allowed(ipaddress.ip_address(address))


def test_the_operator_may_allow_a_network_but_never_a_metadata_service() -> None:
    everything = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
    assert addresses.allowed(ipaddress.ip_address("10.1.2.3"), (ipaddress.ip_network("10.1.0.0/16"),))
    assert not addresses.allowed(ipaddress.ip_address("10.2.2.3"), (ipaddress.ip_network("10.1.0.0/16"),))
    for never in (
        "169.254.169.254",
        "fd00:ec2::254",
        "fd00:ec2::254%1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::",
    ):
        assert not addresses.allowed(ipaddress.ip_address(never), everything)


def test_a_wrapped_address_needs_an_allowance_for_what_is_inside() -> None:
    inside = (ipaddress.ip_network("10.0.0.0/8"),)
    assert addresses.allowed(ipaddress.ip_address("::ffff:10.0.0.1"), inside)
    assert not addresses.allowed(ipaddress.ip_address("::ffff:192.168.0.1"), inside)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0", "localhost", "[::1]"])
def test_every_spelling_of_this_machine_is_refused_and_nothing_is_sent(host: str) -> None:
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        reply(handler)

    with serving(answer) as address:
        port = address.rsplit(":", 1)[1]
        with pytest.raises(http.Refused, match="internal address"):
            http.fetch("GET", f"http://{host}:{port}/", guard=STRICT)
    assert asked == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "http and https"),
        ("ftp://example.org/", "http and https"),
        ("gopher://127.0.0.1:70/", "http and https"),
        ("//example.org/", "http and https"),
        ("http://", "names no host"),
        ("http://user:secret@example.org/", "user name or password"),
        ("http://exa mple.org/\x00", "no web address"),
    ],
)
def test_other_forms_of_address_are_refused(url: str, said: str) -> None:
    with pytest.raises(http.Refused, match=said):
        http.fetch("GET", url, guard=LOOPBACK)


def test_ports_can_be_limited() -> None:
    guard = http.Guard.of(["127.0.0.0/8"], ports=frozenset({443}))
    with serving(reply) as address, pytest.raises(http.Refused, match="not among the allowed ports"):
        http.fetch("GET", address, guard=guard)


def test_a_name_is_resolved_once_and_the_judged_address_is_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = _named(monkeypatch, {"metrics.test": ["127.0.0.1"]})
    hosts: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        hosts.append(handler.headers["Host"])
        reply(handler, b"well")

    with serving(answer) as address:
        port = address.rsplit(":", 1)[1]
        response = http.fetch("GET", f"http://metrics.test:{port}/m?q=1", guard=LOOPBACK)
    assert (response.status, response.body) == (200, b"well")
    assert asked == ["metrics.test"]
    assert hosts == [f"metrics.test:{port}"]


def test_an_internal_address_among_several_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    _named(monkeypatch, {"mixed.test": ["10.255.255.1", "127.0.0.1"]})
    with serving(lambda handler: reply(handler, b"well")) as address:
        port = address.rsplit(":", 1)[1]
        assert http.fetch("GET", f"http://mixed.test:{port}/", guard=LOOPBACK).body == b"well"


def test_the_next_address_is_tried_when_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    _named(monkeypatch, {"two.test": ["::1", "127.0.0.1"]})
    guard = http.Guard.of(["127.0.0.0/8", "::1/128"])
    with serving(lambda handler: reply(handler, b"well")) as address:
        port = address.rsplit(":", 1)[1]
        assert http.fetch("GET", f"http://two.test:{port}/", guard=guard).body == b"well"


def test_a_redirect_to_an_internal_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _named(monkeypatch, {"inside.test": ["10.0.0.1"]})
    moved = {"Location": "http://inside.test/secret"}
    with (
        serving(lambda handler: reply(handler, status=302, headers=moved)) as address,
        pytest.raises(http.Refused, match="internal address"),
    ):
        http.fetch("GET", address, guard=LOOPBACK)


def test_a_redirect_to_another_scheme_is_refused() -> None:
    moved = {"Location": "file:///etc/passwd"}
    with (
        serving(lambda handler: reply(handler, status=302, headers=moved)) as address,
        pytest.raises(http.Refused, match="http and https"),
    ):
        http.fetch("GET", address, guard=LOOPBACK)


def test_a_redirect_to_another_host_can_be_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    _named(monkeypatch, {"other.test": ["127.0.0.1"]})
    guard = http.Guard.of(["127.0.0.0/8"], other_hosts=False)
    moved = {"Location": "http://other.test/"}
    with (
        serving(lambda handler: reply(handler, status=302, headers=moved)) as address,
        pytest.raises(http.Refused, match="another host"),
    ):
        http.fetch("GET", address, guard=guard)


def test_redirects_are_followed_without_credentials_for_another_origin() -> None:
    seen: list[tuple[str, str | None]] = []

    def final(handler: BaseHTTPRequestHandler) -> None:
        seen.append((handler.path, handler.headers["Authorization"]))
        reply(handler, b"here")

    with serving(final) as second:

        def first(handler: BaseHTTPRequestHandler) -> None:
            seen.append((handler.path, handler.headers["Authorization"]))
            where = "/b" if handler.path == "/a" else f"{second}/c"
            reply(handler, status=302, headers={"Location": where})

        with serving(first) as address:
            response = http.fetch(
                "GET", f"{address}/a", headers={"Authorization": "Bearer x"}, guard=LOOPBACK
            )
    assert response.body == b"here"
    assert response.url == f"{second}/c"
    assert seen == [("/a", "Bearer x"), ("/b", "Bearer x"), ("/c", None)]


def test_a_redirect_loop_ends() -> None:
    with (
        serving(lambda handler: reply(handler, status=302, headers={"Location": "/"})) as address,
        pytest.raises(http.Failed, match="more than 3 times"),
    ):
        http.fetch("GET", address, guard=LOOPBACK)


def test_a_post_is_not_redirected() -> None:
    with serving(lambda handler: reply(handler, status=307, headers={"Location": "/b"})) as address:
        assert http.fetch("POST", address, body=b"x", guard=LOOPBACK).status == 307


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with serving(lambda handler: reply(handler, b"direct")) as address:
        assert http.fetch("GET", address, guard=LOOPBACK).body == b"direct"


def test_body_and_headers_arrive() -> None:
    got: list[tuple[str, str | None, bytes]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers["Content-Length"])
        got.append((handler.command, handler.headers["X-Sign"], handler.rfile.read(size)))
        reply(handler, b"{}", status=201, headers={"X-Kind": "made"})

    with serving(answer) as address:
        response = http.fetch("POST", address, headers={"X-Sign": "1"}, body=b"body", guard=LOOPBACK)
    assert got == [("POST", "1", b"body")]
    assert (response.status, response.headers["x-kind"]) == (201, "made")


def test_a_compressed_answer_is_unpacked() -> None:
    packed = gzip.compress(b"a" * 10_000)
    with serving(lambda handler: reply(handler, packed, headers={"Content-Encoding": "gzip"})) as address:
        assert http.fetch("GET", address, guard=LOOPBACK).body == b"a" * 10_000


def test_an_answer_is_bounded_after_decompression() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    with (
        serving(lambda handler: reply(handler, bomb, headers={"Content-Encoding": "gzip"})) as address,
        pytest.raises(http.Failed, match="more than 1,000,000 bytes"),
    ):
        http.fetch("GET", address, max_bytes=1_000_000, guard=LOOPBACK)


def test_an_answer_of_exactly_the_bound_is_taken() -> None:
    with serving(lambda handler: reply(handler, b"x" * 1000)) as address:
        assert len(http.fetch("GET", address, max_bytes=1000, guard=LOOPBACK).body) == 1000
        with pytest.raises(http.Failed, match="more than 999 bytes"):
            http.fetch("GET", address, max_bytes=999, guard=LOOPBACK)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip"])
def test_an_encoding_that_was_not_asked_for_fails(encoding: str) -> None:
    with (
        serving(lambda handler: reply(handler, b"x", headers={"Content-Encoding": encoding})) as address,
        pytest.raises(http.Failed, match="cannot be read"),
    ):
        http.fetch("GET", address, guard=LOOPBACK)


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b"a" * 1000, mtime=0)[:-9]], ids=["other", "cut off"]
)
def test_broken_compression_fails(body: bytes) -> None:
    with (
        serving(lambda handler: reply(handler, body, headers={"Content-Encoding": "gzip"})) as address,
        pytest.raises(http.Failed, match="cannot be read"),
    ):
        http.fetch("GET", address, guard=LOOPBACK)


def test_a_server_that_drips_headers_does_not_hold_the_caller() -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not stop.wait(0.02):
            try:
                handler.wfile.write(b"X-A: b\r\n")
                handler.wfile.flush()
            except OSError:
                return

    started = time.monotonic()
    with serving(drip) as address:
        with pytest.raises(http.Failed, match="did not answer in time|could not be reached"):
            http.fetch("GET", address, timeout_s=0.3, guard=LOOPBACK)
        stop.set()
    assert time.monotonic() - started < 3


def test_a_server_that_drips_its_body_does_not_hold_the_caller() -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not stop.wait(0.02):
            try:
                handler.wfile.write(b"x")
                handler.wfile.flush()
            except OSError:
                return

    with serving(drip) as address:
        with pytest.raises(http.Failed, match="in time"):
            http.fetch("GET", address, timeout_s=0.3, guard=LOOPBACK)
        stop.set()


def test_a_closed_port_fails_with_a_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(http.Failed, match=r"could not be reached"):
        http.fetch("GET", f"http://127.0.0.1:{port}/?token=secret", guard=LOOPBACK)


def test_sentences_hold_no_query() -> None:
    with serving(lambda handler: reply(handler, b"xx")) as address, pytest.raises(http.Failed) as failed:
        http.fetch("GET", f"{address}/?token=secret", max_bytes=1, guard=LOOPBACK)
    assert "secret" not in str(failed.value)


def test_a_name_without_address_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **kwargs: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(http.Failed, match="no-such.test has no address"):
        http.fetch("GET", "http://no-such.test/", guard=LOOPBACK)


def test_a_slow_name_server_does_not_hold_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def wait(*args: Any, **kwargs: Any) -> list[Any]:
        stop.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    with pytest.raises(http.Failed, match="not resolved in time"):
        http.fetch("GET", "http://slow.test/", timeout_s=0.05, guard=LOOPBACK)
    stop.set()


def test_the_guard_refuses_a_cidr_that_is_none() -> None:
    with pytest.raises(ValueError, match="10.0.0.300"):
        http.Guard.of(["10.0.0.300/8"])
