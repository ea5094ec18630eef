"""Deliveries, their threads and pace, what people chose to hear, webhook endpoints and Slack's requests."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from notifications.values import OPEN, Card, Kind, State, Way
from rollouts.accounts.models import Person
from rollouts.lib.secrets import decrypt, encrypt

JUMPING = [kind.value for kind in Kind if kind.jumps]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def open(self) -> Self:
        """Neither settled nor parked."""
        return self.filter(state__in=OPEN, parked_at__isnull=True)

    def due(self, now: datetime) -> Self:
        """What may be sent now: heads of their threads, and pages and halts wherever they stand."""
        earlier = Delivery.objects.open().filter(thread=OuterRef("thread"), pk__lt=OuterRef("pk"))
        return (
            self.open()
            .filter(due_at__lte=now)
            .filter(Q(kind__in=JUMPING) | ~Exists(earlier))
            .order_by("priority", "due_at", "pk")
        )

    def troubled(self) -> Self:
        """What was given up and waits for a person."""
        return self.filter(Q(state=State.FAILED) | Q(parked_at__isnull=False)).order_by("pk")

    def live(self) -> Self:
        """Cards that may still change."""
        return self.exclude(card=Card.NONE).filter(settled=False, of__isnull=True).order_by("pk")

    def to_endpoint(self, pk: int | OuterRef) -> Self:
        """What one webhook was sent, newest first."""
        target = Cast(pk, models.CharField()) if isinstance(pk, OuterRef) else str(pk)
        return self.filter(way=Way.WEBHOOK, target=target).order_by("-pk")


class Delivery(models.Model):
    """One message to one target, sent once by its key.

    `due_at` is when to look at it next: the next try, or the end of the lease while it is being sent.
    """

    key = models.CharField(max_length=200, unique=True)
    way = models.CharField(max_length=10, choices=Way.choices())
    target = models.CharField(max_length=254)
    thread = models.CharField(max_length=400)
    kind = models.CharField(max_length=10, choices=Kind.choices())
    priority = models.PositiveSmallIntegerField()
    rollout = models.CharField(max_length=80, blank=True)
    event_id = models.BigIntegerField(null=True, blank=True)
    run = models.BigIntegerField(null=True, blank=True)
    payload = models.JSONField()
    in_thread = models.BooleanField(default=False)
    card = models.CharField(max_length=10, choices=Card.choices(), blank=True)
    refs = models.JSONField(default=dict, blank=True)
    settled = models.BooleanField(_("its card does not change any more"), default=False)
    of = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="redraws")
    state = models.CharField(max_length=12, choices=State.choices(), default=State.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    possible_repeat = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(_("first try"), null=True, blank=True)
    lease_until_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    parked_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    external_channel = models.CharField(max_length=80, blank=True)
    external_ts = models.CharField(max_length=120, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=OPEN) | Q(due_at__isnull=False) | Q(parked_at__isnull=False),
                name="delivery_open_is_due_or_parked",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.REDRAW) | Q(of__isnull=False), name="delivery_redraw_has_an_original"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["priority", "due_at"],
                name="delivery_due",
                condition=Q(state__in=OPEN, parked_at__isnull=True),
            ),
            models.Index(
                fields=["thread", "id"],
                name="delivery_head",
                condition=Q(state__in=OPEN, parked_at__isnull=True),
            ),
            models.Index(fields=["rollout", "-id"], name="delivery_of_rollout"),
            models.Index(fields=["target", "-id"], name="delivery_of_webhook", condition=Q(way=Way.WEBHOOK)),
            models.Index(fields=["run"], name="delivery_of_run", condition=Q(run__isnull=False)),
        ]

    aim: str
    """Where it goes in words: pages set it, with an endpoint's name in place of its number."""

    def __str__(self) -> str:
        return self.key

    @property
    def word(self) -> State:
        return State(self.state)


class Thread(models.Model):
    """Where a rollout's story stands in a channel: its first message there, below which the rest goes."""

    rollout = models.CharField(max_length=80)
    channel = models.CharField(max_length=254)
    external_channel = models.CharField(max_length=80, blank=True)
    head_ts = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "channel"], name="thread_once_per_channel")]

    def __str__(self) -> str:
        return f"{self.rollout} in {self.channel}"


class Pace(models.Model):
    """How fast one target may be written to: the next free instant, and a pause that it asked for."""

    place = models.CharField(max_length=270, unique=True)
    free_at = models.DateTimeField(null=True, blank=True)
    paused_until_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.place


class Preference(models.Model):
    """What one person chose to hear of, and how. What is not in it follows the defaults."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="+")
    ways = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"What reaches {self.person}"


class WebhookEndpoint(models.Model):
    """A machine outside that follows the log. Its secret signs what it gets and is never shown again."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    url = models.URLField(_("address"), max_length=500)
    secret = models.TextField()
    events = models.JSONField(_("events"), default=list)
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def set_secret(self, plain: str) -> None:
        self.secret = encrypt(plain)

    @property
    def plain_secret(self) -> str:
        return decrypt(self.secret)

    def wants(self, kind: str) -> bool:
        """Whether one of its patterns ("rollout.halted", "rollout.*", "*") fits."""
        return any(
            kind == each or each == "*" or (each.endswith("*") and kind.startswith(each[:-1]))
            for each in self.events
        )


class SlackReceipt(models.Model):
    """One signed request of Slack: it is carried out once, however often it arrives."""

    key = models.CharField(max_length=200, unique=True)
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["received_at"], name="slack_receipt_age")]

    def __str__(self) -> str:
        return self.key
