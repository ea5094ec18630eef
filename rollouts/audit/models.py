"""Events, their content, stream heads, checkpoints, follow-ups and client keys."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from rollouts.audit.values import Actor, EventView, Face


class Stream(models.Model):
    """A chain of events; its row holds the number and hash of its head and is what writers lock."""

    key = models.CharField(max_length=200, unique=True)
    head_seq = models.BigIntegerField(default=0)
    head_hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.key} at {self.head_seq}"


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, stream: str) -> Self:
        """The events of a stream, oldest first."""
        return self.filter(stream=stream).order_by("seq", "pk")

    def newest(self, stream: str) -> Self:
        return self.filter(stream=stream).order_by("-seq", "-pk")


class Event(models.Model):
    """One thing that happened. Append-only: triggers refuse UPDATE, DELETE and TRUNCATE."""

    stream = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    at = models.DateTimeField()
    digest = models.CharField(max_length=64)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "seq"], name="event_seq_once_per_stream")]
        indexes = [
            models.Index(fields=["-at", "-id"], name="event_newest"),
            models.Index(fields=["kind", "-at"], name="event_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.stream}#{self.seq} {self.kind}"


class Content(models.Model):
    """What an event says, beside the chain: a person's words can be erased without breaking it."""

    event_id = models.BigIntegerField(primary_key=True)
    salt = models.CharField(max_length=64)
    body = models.JSONField()
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"content of event {self.event_id}"

    def view(self, event: Event) -> EventView:
        """The event with its content, as followers read it."""
        actor = self.body.get("actor", {})
        return EventView(
            id=event.pk,
            stream=event.stream,
            seq=event.seq,
            kind=event.kind,
            at=event.at,
            actor=Actor(kind=actor.get("kind", ""), id=actor.get("id", ""), name=actor.get("name", "")),
            face=self.body.get("face", ""),
            content=self.body.get("content", {}),
            erased=self.erased_at is not None,
        )


class Checkpoint(models.Model):
    """All heads and counts at a time, signed: makes a cut-off tail or a dropped stream visible."""

    at = models.DateTimeField()
    heads = models.JSONField()
    events = models.BigIntegerField()
    signature = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"checkpoint of {self.at:%Y-%m-%d %H:%M}"


class FollowupQuerySet(models.QuerySet["Followup"]):
    def open(self) -> Self:
        return self.filter(done_at__isnull=True)

    def due(self, now: datetime) -> Self:
        return self.open().filter(parked_at__isnull=True, due_at__lte=now).order_by("due_at", "pk")

    def parked(self) -> Self:
        """What failed often enough to be passed over, for a person to see and retry."""
        return self.open().filter(parked_at__isnull=False).order_by("pk")


class Followup(models.Model):
    """One follower's duty towards one event, written in the event's own transaction."""

    follower = models.CharField(max_length=60)
    stream = models.CharField(max_length=200)
    seq = models.BigIntegerField()
    event_id = models.BigIntegerField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects = FollowupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["follower", "event_id"], name="followup_once_per_follower_and_event"
            )
        ]
        indexes = [
            models.Index(
                "due_at", name="followup_due", condition=Q(done_at__isnull=True, parked_at__isnull=True)
            ),
            models.Index(
                fields=["follower", "stream", "seq"], name="followup_head", condition=Q(done_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.follower} after {self.stream}#{self.seq}"


class ClientKey(models.Model):
    """An Idempotency-Key that an actor used: the same key gives the same answer, once."""

    actor = models.CharField(max_length=100)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)
    event_id = models.BigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="client_key_once_per_actor")]

    def __str__(self) -> str:
        return f"{self.actor} {self.key}"


FACES = [face.value for face in Face]
