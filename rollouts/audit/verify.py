"""Whether the log is whole: each stream's chain, its content, and the signed checkpoints."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import rfc8785

from rollouts.audit import chain
from rollouts.audit.models import Checkpoint, Content, Event, Stream
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
    # By row id, not by seq: the order of writing, so that swapped numbers show as reordered.
    for event in Event.objects.filter(stream=stream).order_by("seq", "pk").iterator(chunk_size=2000):
        yield chain.Link(
            stream=event.stream, seq=event.seq, kind=event.kind, at=event.at,
            digest=event.digest, previous=event.previous, hash=event.hash,
        )  # fmt: skip


def _content_faults(stream: str) -> Iterator[chain.Fault]:
    events = Event.objects.filter(stream=stream).order_by("seq", "pk")
    for batch in _batches(list(events.values_list("pk", "seq", "digest"))):
        found = Content.objects.in_bulk([pk for pk, _, _ in batch])
        for pk, seq, digest in batch:
            content = found.get(pk)
            if content is None:
                yield chain.Fault(stream, seq, "removed", f"The content of event {seq} is missing.")
            elif content.erased_at is None and digest != chain.content_digest(
                salt=content.salt, canonical=rfc8785.dumps(content.body)
            ):
                yield chain.Fault(stream, seq, "changed", f"The content of event {seq} was changed.")


def _batches(rows: list[tuple[int, int, str]], size: int = 1000) -> Iterator[list[tuple[int, int, str]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _checkpoint_faults(heads: dict[str, Stream]) -> Iterator[chain.Fault]:
    for point in Checkpoint.objects.order_by("-at", "-pk")[:400]:
        if point.signature != sign_heads(at=point.at, heads=point.heads, events=point.events):
            yield chain.Fault("checkpoint", point.pk, "changed", f"The {point} does not carry our signature.")
            continue
        yield from _against(point, heads)


def _against(point: Checkpoint, heads: dict[str, Stream]) -> Iterator[chain.Fault]:
    for key, (seq, hash_) in point.heads.items():
        if key not in heads:
            yield chain.Fault(key, 1, "removed", f"The stream {key} of {seq} events is gone, by the {point}.")
        elif heads[key].head_seq < seq:
            cut = heads[key].head_seq
            yield chain.Fault(
                key, cut + 1, "cut_off", f"Events {cut + 1} to {seq} of {key} are cut off, by the {point}."
            )
        elif seq and not Event.objects.filter(stream=key, seq=seq, hash=hash_).exists():
            yield chain.Fault(key, seq, "changed", f"Event {seq} of {key} is not what the {point} signed.")


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
    if stream is None:
        faults += _checkpoint_faults(heads)
    events = Event.objects.filter(stream__in=chosen).count()
    return Report(streams=len(chosen), events=events, checkpoints=Checkpoint.objects.count(), faults=faults)
