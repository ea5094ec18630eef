"""The hash chain of a stream: pure functions of values.

An event's hash covers its place, kind, time, the digest of its salted content and the hash before it, each
length-prefixed so that no two different events give the same bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

GENESIS = "0" * 64
MOST_PLACES = 100  # a link that fits nowhere is tried at no more places than these


@dataclass(frozen=True)
class Link:
    """One event as the chain sees it; times are UTC."""

    stream: str
    seq: int
    kind: str
    at: datetime
    digest: str
    previous: str
    hash: str


@dataclass(frozen=True)
class Fault:
    """What is wrong with a stream, at which event."""

    stream: str
    seq: int
    what: str
    sentence: str


def content_digest(*, salt: str, canonical: bytes) -> str:
    """SHA-256 over salt and canonical content: the salt keeps erased words from being guessed."""
    return hashlib.sha256(bytes.fromhex(salt) + canonical).hexdigest()


def link_hash(*, stream: str, seq: int, kind: str, at: datetime, digest: str, previous: str) -> str:
    """SHA-256 over the length-prefixed parts of an event."""
    whole = hashlib.sha256()
    for part in (stream, str(seq), kind, at.isoformat(timespec="microseconds"), digest, previous):
        raw = part.encode()
        whole.update(len(raw).to_bytes(8, "big") + raw)
    return whole.hexdigest()


def _holds(link: Link, seq: int) -> bool:
    """Whether the link's hash is that of its parts as event `seq`."""
    expected = link_hash(
        stream=link.stream, seq=seq, kind=link.kind, at=link.at, digest=link.digest, previous=link.previous
    )
    return expected == link.hash


def _changed(stream: str, unlike: Sequence[Link]) -> list[Fault]:
    """Links whose hash is not that of their parts: moved, put where another was written, or changed."""
    places = [link.seq for link in unlike[:MOST_PLACES]]
    written = [_written(link, places) for link in unlike]
    taken = set(written)
    return [_unlike(stream, link.seq, at, taken) for link, at in zip(unlike, written, strict=True)]


def _unlike(stream: str, seq: int, written: int | None, taken: Set[int | None]) -> Fault:
    if written is not None:
        return Fault(stream, seq, "reordered", f"Event {seq} was written as event {written}.")
    if seq in taken:
        return Fault(stream, seq, "inserted", f"Event {seq} was put where another event was written.")
    return Fault(stream, seq, "changed", f"Event {seq} was changed after it was written.")


def _written(link: Link, places: Sequence[int]) -> int | None:
    """The number under which the link was written, if it is one beside its own or one of `places`."""
    near = (link.seq - 1, link.seq + 1, *places)
    return next((seq for seq in near if seq > 0 and _holds(link, seq)), None)


def check(stream: str, links: Iterable[Link], *, head_seq: int, head_hash: str) -> list[Fault]:
    """Walks a stream in the order of seq; names each changed, removed, reordered, inserted or cut-off event.

    `head_seq` and `head_hash` are what the stream's row, or a signed checkpoint, says of its end.
    """
    faults: list[Fault] = []
    unlike: list[Link] = []
    previous, expected_seq = GENESIS, 1
    for link in links:
        if link.seq > expected_seq:
            faults.append(_gap(stream, expected_seq, link.seq - 1))
        elif link.seq < expected_seq:
            faults.append(
                Fault(stream, link.seq, "inserted", f"Event {link.seq} stands twice or out of order.")
            )
        if not _holds(link, link.seq):
            unlike.append(link)
        elif link.previous != previous and link.seq == expected_seq:
            faults.append(
                Fault(stream, link.seq, "reordered", f"Event {link.seq} does not follow the event before it.")
            )
        previous, expected_seq = link.hash, link.seq + 1
    faults = sorted([*faults, *_changed(stream, unlike)], key=lambda fault: fault.seq)
    last = expected_seq - 1
    if last < head_seq:
        faults.append(
            Fault(stream, last + 1, "cut_off", f"Events {last + 1} to {head_seq} are cut off the end.")
        )
    elif last > head_seq:
        faults.append(
            Fault(stream, head_seq + 1, "inserted", f"Events after {head_seq} were added past the head.")
        )
    elif previous != head_hash:
        faults.append(
            Fault(stream, last, "changed", f"The stream's end is not the recorded head at event {last}.")
        )
    return faults


def _gap(stream: str, first: int, last: int) -> Fault:
    which = f"Event {first} is" if first == last else f"Events {first} to {last} are"
    return Fault(stream, first, "removed", f"{which} missing.")
