"""Which network addresses may be connected to: the public internet, and what the operator lists.

What is judged is the address after resolution, because `127.1`, `0x7f.1`, `2130706433` and `0` all
resolve to this machine though none of them looks like it, and because IPv6 can carry an IPv4 address
inside (mapped, 6to4, NAT64, Teredo).
"""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# The metadata services of the clouds hand out credentials: no allow-list opens them.
NEVER = frozenset(
    {ipaddress.ip_address("169.254.169.254"), ipaddress.ip_address("fd00:ec2::254")},
)
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# is_global calls some of these public (measured), depending on the version of Python.
SPECIAL = tuple(
    ipaddress.ip_network(cidr) for cidr in ("192.0.0.0/24", "100.64.0.0/10", "192.88.99.0/24", "240.0.0.0/4")
)


class Denied(Exception):
    """Every address of the host is internal and not on the operator's list."""


class Unresolved(Exception):
    """The name has no address, or its name server did not answer in time."""


def allowed(address: Address, allow: tuple[Network, ...] = ()) -> bool:
    """Whether `address`, and whatever IPv4 address it carries inside, may be connected to."""
    return all(_allowed(each, allow) for each in (address, *_inside(address)))


def _allowed(address: Address, allow: tuple[Network, ...]) -> bool:
    if _bare(address) in NEVER:
        return False
    if any(address.version == network.version and address in network for network in allow):
        return True
    if isinstance(address, IPv6Address):
        if _carried(address) is not None:
            return True  # judged by the address inside
        return address in GLOBAL_UNICAST and address.is_global and not address.is_multicast
    special = any(address in network for network in SPECIAL)
    return address.is_global and not address.is_multicast and not special


def _bare(address: Address) -> Address:
    """Without the zone of a scoped IPv6 address, which would make it unequal to itself."""
    return IPv6Address(int(address)) if isinstance(address, IPv6Address) else address


def _inside(address: Address) -> Iterator[Address]:
    carried = _carried(address) if isinstance(address, IPv6Address) else None
    if carried is not None:
        yield carried


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that traffic to this IPv6 address ends at."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    if address.teredo is not None:
        return address.teredo[1]
    return None


def resolve(host: str, port: int, *, allow: tuple[Network, ...], timeout_s: float) -> list[str]:
    """The allowed addresses of `host`, in the resolver's order.

    Raises Unresolved when it has none or `timeout_s` passes, Denied when none of them is allowed.
    """
    found = _look_up(host, port, timeout_s)
    judged = [text for text in found if allowed(ipaddress.ip_address(text), allow)]
    if not judged:
        raise Denied(
            f"{host} is an internal address ({found[0]}). "
            "An operator can allow its network in GATEHOUSE_HTTP_ALLOW_CIDRS."
        )
    return judged


def _look_up(host: str, port: int, timeout_s: float) -> list[str]:
    """Ask the resolver in a thread of its own: getaddrinfo knows no timeout."""
    found: list[str] = []
    errors: list[Exception] = []

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(dict.fromkeys(str(answer[4][0]) for answer in answers))
        except (OSError, UnicodeError) as error:
            errors.append(error)

    thread = threading.Thread(target=look, name="gatehouse-resolve", daemon=True)
    thread.start()
    thread.join(max(timeout_s, 0))
    if thread.is_alive():
        raise Unresolved(f"The name {host} was not resolved in time.")
    if errors or not found:
        raise Unresolved(f"The name {host} has no address.")
    return found
