"""The hours before a rollout, recorded once, before its first stage could change them."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment, Service
from rollouts.health.values import Signal
from rollouts.plans.models import Rollout

DAY = timedelta(days=1)
"""How long the recorded hours are: whatever the time of day, one of them is the same."""


class BaselineQuerySet(models.QuerySet["Baseline"]):
    def due(self, now: object) -> Self:
        """Those that are still to be recorded by `now`."""
        return self.filter(due_at__lte=now).order_by("due_at", "pk")


class Baseline(models.Model):
    """A whole day of one signal of one service, all versions together, that began `back` before the start.

    It begins with a full hour, so that every window lies whole in it. `counts` is a list of
    `[start, bad, total, value]` (start in seconds since 1970), one for each step of `step_s` seconds in which
    something was counted; `value` is that of a gauge. Latency: `bad` took longer than `slower_than_s` (0 for
    other signals). `error` says why there is nothing. `due_at`: when it is to be asked for (again); None once
    it is settled.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="baselines")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="+")
    signal = models.CharField(max_length=20, choices=Signal.choices())
    series = models.CharField(
        _("name of a series that is none of the known signals"), max_length=80, blank=True
    )
    slower_than_s = models.FloatField(default=0)
    back = models.DurationField()
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    step_s = models.PositiveIntegerField(default=60)
    counts = models.JSONField(default=list)
    source = models.CharField(max_length=200, blank=True)
    query = models.TextField(blank=True)
    error = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    objects = BaselineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["rollout", "service", "environment", "signal", "series", "slower_than_s", "back"],
                name="baseline_once_per_rollout_and_signal",
            )
        ]
        indexes = [models.Index("due_at", name="baseline_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.signal} of {self.service_id}, {self.back} before {self.rollout_id}"

    @property
    def days(self) -> int:
        """How many days before."""
        return round(self.back / DAY)
