"""Synthetic checks, where they run, and what their runs found."""

from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment, Service
from rollouts.health.probes.values import span_s
from rollouts.lib.partitions import Days, InDays


class Probe(models.Model):
    """Ordered HTTP steps against one service in one environment, made every `interval_s` seconds.

    `secrets`: encrypted values that steps may name as variables. `in_a_row`: so many runs have to fail,
    one after the other.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(_("name"), max_length=120)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="probes")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="probes")
    version = models.CharField(max_length=60, blank=True)
    version_header = models.CharField(max_length=60, blank=True)
    connect_to = models.CharField(max_length=200, blank=True)
    interval_s = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(86_400)]
    )
    timeout_s = models.FloatField(default=20, validators=[MinValueValidator(0.1), MaxValueValidator(120)])
    in_a_row = models.PositiveSmallIntegerField(
        default=2, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    locations = models.JSONField(default=list)
    steps = models.JSONField(default=list)
    secrets = models.TextField(blank=True)
    enabled = models.BooleanField(default=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    failing_told_at = models.DateTimeField(_("when its team was told that it fails"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(timeout_s__lt=F("interval_s")),
                name="probe_ends_before_the_next",
                violation_error_message=_("A run must be over before the next one begins."),
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stream(self) -> str:
        """The key of its event stream."""
        return f"probe:{self.slug}"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.interval_s)

    def span_s(self, window_s: int) -> int:
        """The length of windows in which a run ends, where the environment's have `window_s`."""
        return span_s(self.interval_s, self.timeout_s, window_s)


class ProbeAtQuerySet(models.QuerySet["ProbeAt"]):
    def due(self, now: datetime, location: str) -> Self:
        """Those that this location is to run now, and nobody runs."""
        free = Q(claimed_until_at__isnull=True) | Q(claimed_until_at__lte=now)
        alive = Q(probe__gone_at=None, probe__enabled=True)
        return self.filter(free, alive, location=location, due_at__lte=now).order_by("due_at", "pk")


class ProbeAt(models.Model):
    """A check at one location, and when it runs there next."""

    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="places")
    location = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    claimed_until_at = models.DateTimeField(null=True, blank=True)

    objects = ProbeAtQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["probe", "location"], name="probe_once_at_location")]
        indexes = [models.Index(fields=["location", "due_at"], name="probe_due")]

    def __str__(self) -> str:
        return f"{self.probe_id} at {self.location}"


class ProbeRun(InDays):
    """One run: what each step did, and the first that failed; in day partitions by its time."""

    DAYS = Days("health_proberun", "at")

    probe = models.ForeignKey(Probe, on_delete=models.CASCADE, related_name="runs", db_constraint=False)
    location = models.CharField(max_length=40)
    at = models.DateTimeField()
    ok = models.BooleanField()
    took_s = models.FloatField()
    trace_id = models.CharField(max_length=32)
    said = models.TextField(blank=True)
    steps = models.JSONField(default=list)

    class Meta:
        indexes = [models.Index(fields=["probe", "-at"], name="run_of_probe")]

    def __str__(self) -> str:
        return f"{self.probe_id} at {self.at}"
