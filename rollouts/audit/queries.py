"""What pages and followers read of the log."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from rollouts.audit.models import Content, Event, Followup
from rollouts.audit.values import EventView


def events(stream: str, *, after: int = 0, limit: int = 50, newest_first: bool = True) -> list[EventView]:
    """Events of a stream with their content, in two queries."""
    rows = Event.objects.newest(stream) if newest_first else Event.objects.of(stream)
    return with_content(list(rows.filter(seq__gt=after)[:limit]))


def newest(
    *,
    streams: "Iterable[str] | QuerySet[Any, Any] | None" = None,
    kinds: Collection[str] | None = None,
    since: datetime | None = None,
    limit: int = 20,
) -> list[EventView]:
    """The newest events over streams, which may be a query for their keys."""
    rows = Event.objects.order_by("-at", "-pk")
    if streams is not None:
        rows = rows.filter(stream__in=streams)
    if kinds is not None:
        rows = rows.filter(kind__in=kinds)
    if since is not None:
        rows = rows.filter(at__gt=since)
    return with_content(list(rows[:limit]))


def with_content(rows: list[Event]) -> list[EventView]:
    """Events joined with what they say."""
    contents = Content.objects.in_bulk([row.pk for row in rows])
    return [contents[row.pk].view(row) for row in rows if row.pk in contents]


def parked(stream: str | None = None) -> list[Followup]:
    """Follow-ups that failed and wait for a person."""
    rows = Followup.objects.parked()
    return list(rows.filter(stream=stream) if stream else rows)


def parked_by_follower() -> dict[str, float]:
    """How many follow-ups of each follower wait for a person."""
    rows = Followup.objects.open().filter(parked_at__isnull=False).values("follower")
    return dict(rows.annotate(many=Count("pk")).values_list("follower", "many").order_by("follower"))


def oldest_open() -> dict[str, datetime]:
    """When the oldest open follow-up of each follower was written, of those that owe one."""
    rows = Followup.objects.open().filter(parked_at__isnull=True).values("follower")
    return dict(rows.annotate(at=Min("created_at")).values_list("follower", "at").order_by("follower"))


def counts_since(prefix: str, since: datetime) -> dict[str, float]:
    """How many events of each kind that begins with `prefix` happened since then."""
    rows = Event.objects.filter(at__gt=since, kind__startswith=prefix).values("kind")
    return dict(rows.annotate(many=Count("pk")).values_list("kind", "many").order_by("kind"))
