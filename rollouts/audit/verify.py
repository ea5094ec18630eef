"""Whether the log is whole: each stream's chain, its content, and the signed checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from rollouts.audit import chain
from rollouts.audit.models import Checkpoint, Content, Event, Stream
from rollouts.audit.services import left_digest
from rollouts.lib import signing


@dataclass(frozen=True)
class Report:
    """What `verify` found; no faults: nothing was changed, removed, reordered, inserted or cut off."""

    streams: int
    events: int
    checkpoints: int
    faults: list[chain.Fault]


def sign_heads(*, at: datetime, heads: dict[str, Any], events: int) -> str:
    """The signature over a checkpoint."""
    message = rfc8785.dumps({"at": at.isoformat(), "heads": heads, "events": events})
    return signing.sign("audit.checkpoint", message)


def _links(stream: str) -> Iterator[chain.Link]:
    for event in Event.objects.filter(stream=stream).order_by("seq", "pk").iterator(chunk_size=2000):
        yield chain.Link(
            stream=event.stream, seq=event.seq, kind=event.kind, at=event.at,
            digest=event.digest, previous=event.previous, hash=event.hash,
        )  # fmt: skip


def _content_faults(stream: str) -> Iterator[chain.Fault]:
    events = Event.objects.filter(stream=stream).order_by("seq", "pk")
    logged = _erasures(stream)
    for batch in _batches(list(events.values_list("pk", "seq", "digest"))):
        found = Content.objects.in_bulk([pk for pk, _, _ in batch])
        for pk, seq, digest in batch:
            content = found.get(pk)
            if content is None:
                yield chain.Fault(stream, seq, "removed", f"The content of event {seq} is missing.")
            elif content.erased_at is not None:
                if left_digest(content) not in logged.get(seq, ()):
                    said = (
                        f"The content of event {seq} counts as erased, and the log tells of no such erasure."
                    )
                    yield chain.Fault(stream, seq, "changed", said)
            elif digest != left_digest(content):
                yield chain.Fault(stream, seq, "changed", f"The content of event {seq} was changed.")


def _erasures(stream: str) -> dict[int, set[str]]:
    """By the number of the event whose words were erased: the digests of what was left of it."""
    events = Event.objects.filter(stream=stream, kind="audit.erased").order_by("pk").values("pk")
    found: dict[int, set[str]] = {}
    for body in Content.objects.filter(event_id__in=events).order_by("pk").values_list("body", flat=True):
        said = body.get("content", {})
        found.setdefault(said.get("event", 0), set()).add(said.get("left", ""))
    return found


def _batches(rows: list[tuple[int, int, str]], size: int = 1000) -> Iterator[list[tuple[int, int, str]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _checkpoint_faults(heads: dict[str, Stream]) -> Iterator[chain.Fault]:
    agreed: set[tuple[str, int, str]] = set()
    for point in Checkpoint.objects.order_by("-at", "-pk").iterator(chunk_size=20):
        if point.signature != sign_heads(at=point.at, heads=point.heads, events=point.events):
            yield chain.Fault("checkpoint", point.pk, "changed", f"The {point} does not carry our signature.")
            continue
        yield from _against(point, heads, agreed)


def _against(
    point: Checkpoint, heads: dict[str, Stream], agreed: set[tuple[str, int, str]]
) -> Iterator[chain.Fault]:
    """Where the log is not what the checkpoint signed; `agreed` are heads that later ones had as well."""
    for key, (seq, hash_) in point.heads.items():
        if (key, seq, hash_) in agreed:
            continue
        agreed.add((key, seq, hash_))
        if key not in heads:
            yield chain.Fault(key, 1, "removed", f"The stream {key} of {seq} events is gone, by the {point}.")
        elif heads[key].head_seq < seq:
            cut = heads[key].head_seq
            yield chain.Fault(
                key, cut + 1, "cut_off", f"Events {cut + 1} to {seq} of {key} are cut off, by the {point}."
            )
        elif seq and not Event.objects.filter(stream=key, seq=seq, hash=hash_).exists():
            yield chain.Fault(key, seq, "changed", f"Event {seq} of {key} is not what the {point} signed.")


def known(stream: str) -> bool:
    """Whether the log, or a checkpoint of it, has this stream."""
    return (
        Stream.objects.filter(key=stream).exists()
        or Event.objects.filter(stream=stream).exists()
        or Checkpoint.objects.filter(heads__has_key=stream).exists()
    )


def verify(stream: str | None = None) -> Report:
    """Walks every stream, or one; names each fault with its stream and event."""
    heads = {row.key: row for row in Stream.objects.order_by("key")}
    chosen = (
        [stream]
        if stream
        else sorted(set(heads) | set(Event.objects.values_list("stream", flat=True).distinct()))
    )
    faults: list[chain.Fault] = []
    for key in chosen:
        head = heads.get(key)
        seq, hash_ = (head.head_seq, head.head_hash) if head else (0, chain.GENESIS)
        faults += chain.check(key, _links(key), head_seq=seq, head_hash=hash_)
        faults += _content_faults(key)
    faults += [each for each in _checkpoint_faults(heads) if stream in (None, each.stream)]
    events = Event.objects.filter(stream__in=chosen).count()
    return Report(streams=len(chosen), events=events, checkpoints=Checkpoint.objects.count(), faults=faults)
