"""What a Prometheus source adds: signals in somebody's own PromQL, counters as last read, and evidence."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.health.values import Signal


class OwnSignal(models.Model):
    """A signal in PromQL of somebody's own: requests by `total` and `bad` or `good`, or a number by `value`.

    It stands instead of what a convention says of the same signal of the same services; if it is `named`,
    it is a signal of its own that gates call by its name, `signal` is its shape (errors for bad of all,
    saturation for a value), and `unit` is its value's. `services` empty: all that the answer names.
    `bound_s`: for latency, what `good` counts as fast.
    """

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="own_signals")
    name = models.SlugField(max_length=60)
    signal = models.CharField(_("what it measures"), max_length=12, choices=Signal.choices())
    services = models.JSONField(default=list, blank=True)
    good = models.TextField(blank=True)
    bad = models.TextField(blank=True)
    total = models.TextField(blank=True)
    value = models.TextField(blank=True)
    bound_s = models.FloatField(null=True, blank=True)
    named = models.BooleanField(_("gates call it by its name"), default=False, db_default=False)
    unit = models.CharField(_("unit of its value"), max_length=20, blank=True, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "name"], name="own_signal_once_per_source"),
            models.CheckConstraint(
                condition=(Q(value="") & ~Q(total="")) | (~Q(value="") & Q(total="", good="", bad="")),
                name="own_signal_counts_or_value",
                violation_error_message=_("Give queries that count requests, or one for a value."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def signal_word(self) -> Signal:
        return Signal(self.signal)

    @property
    def parts(self) -> dict[str, str]:
        """Its queries by what each counts."""
        found = {"total": self.total, "bad": self.bad, "good": self.good, "value": self.value}
        return {part: text for part, text in found.items() if text}


class Counters(models.Model):
    """The counters of one template of a source as last read: the next window's counts are taken from them."""

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="counters")
    template = models.CharField(max_length=80)
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "template"], name="counters_once")]

    def __str__(self) -> str:
        return self.template


class QueryQuerySet(models.QuerySet["Query"]):
    def used_at(self, since: datetime, until: datetime) -> Self:
        """Those that windows between these times came from."""
        return self.filter(first_end_at__lte=until, last_end_at__gte=since)


class Query(models.Model):
    """A query as it was sent, and from when to when: the evidence of where windows came from.

    `services` null: it asked of all and picked. A new text is a new row, so that what a verdict rested on
    stays readable after somebody changed the source.
    """

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="queries")
    template = models.CharField(max_length=80)
    part = models.CharField(max_length=8, blank=True)
    signal = models.CharField(max_length=12, choices=Signal.choices())
    name = models.CharField(max_length=80, blank=True, default="", db_default="")
    perspective = models.CharField(max_length=10)
    services = models.JSONField(null=True, blank=True)
    text = models.TextField()
    digest = models.CharField(max_length=64)
    first_end_at = models.DateTimeField()
    last_end_at = models.DateTimeField()

    objects = QueryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "template", "part", "digest"], name="query_once")
        ]
        indexes = [models.Index(fields=["source", "last_end_at"], name="query_by_use")]
        verbose_name_plural = _("queries")

    def __str__(self) -> str:
        return self.template


class PartialData(models.Model):
    """A warning that came with the answer for one window: some of its data may be missing."""

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="partial")
    start_at = models.DateTimeField()
    signal = models.CharField(max_length=12, choices=Signal.choices())
    name = models.CharField(max_length=80, blank=True, default="", db_default="")
    text = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "start_at", "signal", "name"], name="partial_once_per_window"
            )
        ]
        verbose_name_plural = _("partial data")

    def __str__(self) -> str:
        return self.text
