"""The guarded HTTP client: the only way in which Gatehouse asks an address that somebody entered.

A name is resolved once, every resolved address is judged, and the connection goes to an address that
was judged (so a second DNS answer cannot lead elsewhere), while Host and SNI keep the name. Redirects
pass the same guard. Proxies of the environment are not used, only http and https are spoken, and time
and size (after decompression) are bounded.
"""

import ipaddress
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Self

import httpcore
import httpx
from django.conf import settings

from rollouts.lib import addresses, tls, wire
from rollouts.lib.addresses import Network
from rollouts.lib.tls import Trust
from rollouts.lib.wire import Phases as Phases

REDIRECTS = frozenset({301, 302, 303, 307, 308})
DEFAULT_PORTS = {"http": 80, "https": 443}
KEPT_ACROSS_HOSTS = frozenset({"accept", "user-agent"})
USER_AGENT = "Gatehouse"


class Refused(Exception):
    """The guard does not allow this address; `str()` is a sentence for people. Nothing was sent to it."""


class Failed(Exception):
    """The address was asked and gave no usable answer; `str()` is a sentence for people."""


class Late(Failed):
    """It did not answer in time."""


class TooLarge(Failed):
    """It sent more than was allowed."""


@dataclass(frozen=True)
class Guard:
    """What may be asked: internal networks by exception only, ports if they are limited, redirects."""

    allow: tuple[Network, ...] = ()
    ports: frozenset[int] | None = None
    redirects: int = 3
    other_hosts: bool = True

    @classmethod
    def of(
        cls,
        cidrs: tuple[str, ...] | list[str] = (),
        *,
        ports: frozenset[int] | None = None,
        redirects: int = 3,
        other_hosts: bool = True,
    ) -> Self:
        """A guard from the operator's list of internal CIDRs. Raises ValueError for one that is none."""
        allow = tuple(ipaddress.ip_network(cidr.strip()) for cidr in cidrs if cidr.strip())
        return cls(allow=allow, ports=ports, redirects=redirects, other_hosts=other_hosts)


def operator_guard(*, redirects: int = 3, other_hosts: bool = True) -> Guard:
    """The guard of this installation: `GATEHOUSE_HTTP_ALLOW_CIDRS` lists the internal networks it may ask."""
    cidrs = tuple(getattr(settings, "GATEHOUSE_HTTP_ALLOW_CIDRS", ()))
    return Guard.of(cidrs, redirects=redirects, other_hosts=other_hosts)


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status; header names are lower case, the body is decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str = ""
    elapsed_s: float = field(default=0.0, compare=False)


def fetch(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout_s: float = 10,
    max_bytes: int = 10_000_000,
    guard: Guard,
    trust: Trust | None = None,
    phases: Phases | None = None,
    connect_to: str = "",
) -> Response:
    """Ask `url` under `guard`, within `timeout_s` seconds in all; `trust` is for https addresses.

    `phases` is filled with how long what took. `connect_to` is a host to go to instead of the address's own,
    which Host and SNI keep: one version behind a shared name. The guard judges it like any other.

    Redirects are followed for GET and HEAD only. Raises Refused when the guard forbids an address, Failed
    when there was no answer in time (Late), it was larger than `max_bytes` after decompression (TooLarge),
    or the certificates of `trust` cannot be used.
    """
    started = time.monotonic()
    deadline = started + timeout_s
    timed = phases if phases is not None else Phases()
    sent = {"user-agent": USER_AGENT, **{name.lower(): value for name, value in (headers or {}).items()}}
    sent["accept-encoding"] = "gzip, identity"
    first = _target(url, guard).host
    for hop in range(guard.redirects + 1):
        target = _target(url, guard)
        answer = _ask(
            method,
            target,
            sent,
            body,
            deadline=deadline,
            max_bytes=max_bytes,
            guard=guard,
            trust=trust,
            phases=timed,
            host=connect_to if connect_to and target.host == first else target.host,
        )
        location = answer.headers.get("location")
        if answer.status not in REDIRECTS or method not in {"GET", "HEAD"} or not location:
            return Response(answer.status, answer.headers, answer.body, url, time.monotonic() - started)
        if hop == guard.redirects:
            break
        url, sent = _follow(target, location, sent, guard)
    raise Failed(f"{_shown(url)} redirected more than {guard.redirects} times.")


def _follow(
    target: httpx.URL, location: str, sent: dict[str, str], guard: Guard
) -> tuple[str, dict[str, str]]:
    """The next address and what may be sent there: another origin gets no credentials."""
    try:
        following = target.join(location)
    except (httpx.InvalidURL, ValueError) as error:
        raise Failed(f"{_shown(str(target))} redirected to something that is no address.") from error
    if following.host != target.host and not guard.other_hosts:
        raise Refused(
            f"{_shown(str(target))} redirects to another host ({following.host}); that is not followed."
        )
    same = (following.scheme, following.host, following.port) == (target.scheme, target.host, target.port)
    if not same:
        sent = {
            name: value for name, value in sent.items() if name in {*KEPT_ACROSS_HOSTS, "accept-encoding"}
        }
    return str(following), sent


def _target(url: str, guard: Guard) -> httpx.URL:
    """The parsed address, if its form is allowed."""
    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise Refused("This is no web address.") from error
    if target.scheme not in DEFAULT_PORTS:
        raise Refused("Only http and https addresses are asked.")
    if not target.host:
        raise Refused("The address names no host.")
    if target.userinfo:
        raise Refused("The address must not carry a user name or password; use headers.")
    if guard.ports is not None and _port(target) not in guard.ports:
        raise Refused(f"Port {_port(target)} is not among the allowed ports.")
    return target


def _port(target: httpx.URL) -> int:
    return target.port or DEFAULT_PORTS[target.scheme]


def _shown(url: str) -> str:
    """An address fit for a sentence: no query, which may hold secrets."""
    return url.split("?", 1)[0].split("#", 1)[0]


def _ask(
    method: str,
    target: httpx.URL,
    headers: Mapping[str, str],
    body: bytes | None,
    *,
    deadline: float,
    max_bytes: int,
    guard: Guard,
    trust: Trust | None,
    phases: Phases,
    host: str,
) -> Response:
    shown = _shown(str(target))
    began = time.monotonic()
    try:
        judged = addresses.resolve(host, _port(target), allow=guard.allow, timeout_s=deadline - began)
    except addresses.Denied as denied:
        raise Refused(str(denied)) from denied
    except addresses.Unresolved as unresolved:
        raise Failed(str(unresolved)) from unresolved
    finally:
        phases.add("resolve", began)
    try:
        secured = _tls(target.scheme, trust)
    except tls.Unusable as unusable:
        raise Failed(str(unusable)) from unusable
    transport = wire.Transport(addresses=judged, deadline=deadline, ssl_context=secured, phases=phases)
    began, opening = time.monotonic(), phases.connect + phases.tls
    try:
        with (
            httpx.Client(transport=transport, trust_env=False, follow_redirects=False) as client,
            client.stream(method, target, headers=dict(headers), content=body) as answer,
        ):
            phases.add("processing", began + phases.connect + phases.tls - opening)
            began = time.monotonic()
            content = b"".join(_bounded(answer, max_bytes, deadline))
            phases.add("transfer", began)
            names = {name.lower(): value for name, value in answer.headers.items()}
            return Response(answer.status_code, names, content)
    except (httpx.TimeoutException, httpcore.TimeoutException) as error:
        raise Late(f"{shown} did not answer in time.") from error
    except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
        why = tls.said(error) or f"could not be reached ({type(error).__name__})"
        raise Failed(f"{shown} {why}.") from error
    except (httpx.StreamError, zlib.error, ValueError) as error:
        raise Failed(f"{shown} gave an answer that cannot be read ({error}).") from error


def _tls(scheme: str, trust: Trust | None) -> ssl.SSLContext | None:
    if scheme != "https":
        return None
    return tls.context(trust) if trust else _verified_tls()


@cache
def _verified_tls() -> ssl.SSLContext:
    # Loading the certificate store takes tens of milliseconds: once a process.
    return ssl.create_default_context()


def _bounded(answer: httpx.Response, max_bytes: int, deadline: float) -> Iterator[bytes]:
    """The decompressed body in pieces; a small body that unpacks to a huge one stops at the bound."""
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if encoding in {"gzip", "x-gzip"}:
        unpack = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    elif encoding in {"identity", ""}:
        unpack = None
    else:
        raise ValueError(f"it is encoded as {encoding}")
    size = 0
    for raw in answer.iter_raw():
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout("deadline")
        piece = raw if unpack is None else unpack.decompress(raw, max_bytes - size + 1)
        size += len(piece)
        if size > max_bytes:
            raise TooLarge(f"{_shown(str(answer.url))} sent more than {max_bytes:,} bytes.")
        yield piece
    if unpack is not None and not unpack.eof and answer.request.method != "HEAD":
        raise ValueError("it ends in the middle")
