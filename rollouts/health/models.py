"""Metric sources with their targets, and what they measured, window by window."""

from datetime import datetime, timedelta
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Team
from rollouts.catalog.models import Environment, Service
from rollouts.health.edges.models import EdgeAnswer as EdgeAnswer
from rollouts.health.edges.models import EdgeClock as EdgeClock
from rollouts.health.edges.models import EdgeDay as EdgeDay
from rollouts.health.exemplars.models import Exemplar as Exemplar
from rollouts.health.graph.models import Alert as Alert
from rollouts.health.graph.models import GraphSnapshot as GraphSnapshot
from rollouts.health.graph.models import ObservedEdge as ObservedEdge
from rollouts.health.probes.models import Probe as Probe
from rollouts.health.probes.models import ProbeAt as ProbeAt
from rollouts.health.probes.models import ProbeRun as ProbeRun
from rollouts.health.pushing.models import Pushed as Pushed
from rollouts.health.pushing.models import PushedCounters as PushedCounters
from rollouts.health.slos.models import Slo as Slo
from rollouts.health.slos.models import SloCount as SloCount
from rollouts.health.sources.models import Counters as Counters
from rollouts.health.sources.models import OwnSignal as OwnSignal
from rollouts.health.sources.models import PartialData as PartialData
from rollouts.health.sources.models import Query as Query
from rollouts.health.sources.values import jitter_s
from rollouts.health.values import Perspective, Signal, SourceKind
from rollouts.lib.partitions import Days, InDays


class SourceQuerySet(models.QuerySet["Source"]):
    def due(self, now: datetime) -> Self:
        """Sources whose window has closed and which nobody is collecting."""
        free = Q(claimed_until_at__isnull=True) | Q(claimed_until_at__lte=now)
        return self.filter(free, enabled=True, due_at__lte=now).order_by("due_at", "pk")

    def to_prune(self, now: datetime) -> Self:
        """Sources whose old windows are to be deleted."""
        return self.filter(prune_due_at__lte=now).order_by("prune_due_at", "pk")


class DeclaredManager(models.Manager["Source"]):
    """The sources that people declare."""

    def get_queryset(self) -> SourceQuerySet:
        return SourceQuerySet(self.model, using=self._db).exclude(kind=SourceKind.CHECKS)


class Source(models.Model):
    """A place that knows numbers about services of one environment, asked once a window.

    `url`, `settings` and `access` (encrypted) are those of kinds that are one server; others have targets.
    `failed_windows`: rounds without any answer, one after the other. After some of them the source is left
    alone until `rests_until_at`, and its owner is told once (`failing_told_at`). `exemplars_error`: why it
    names no single requests, which costs no window.
    """

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(
        _("kind"), max_length=16, choices=SourceKind.choices(), default=SourceKind.OPENMETRICS
    )
    environment = models.ForeignKey(
        Environment, on_delete=models.PROTECT, related_name="sources", verbose_name=_("environment")
    )
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="sources", verbose_name=_("owning team")
    )
    window_s = models.PositiveIntegerField(
        _("window in seconds"), default=60, validators=[MinValueValidator(1), MaxValueValidator(3600)]
    )
    timeout_s = models.FloatField(_("time limit in seconds"), default=10, validators=[MinValueValidator(0.1)])
    keep_days = models.PositiveIntegerField(_("days that windows are kept"), default=35)
    enabled = models.BooleanField(_("enabled"), default=True)
    due_at = models.DateTimeField(null=True, blank=True)
    claimed_until_at = models.DateTimeField(null=True, blank=True)
    collected_through_at = models.DateTimeField(_("end of the last closed window"), null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    prune_due_at = models.DateTimeField(null=True, blank=True)
    url = models.URLField(_("address"), max_length=500, blank=True)
    delay_s = models.PositiveIntegerField(_("seconds that its data come late"), default=0)
    settings = models.JSONField(default=dict, blank=True)
    access = models.TextField(blank=True)
    last_warning = models.TextField(blank=True)
    last_warning_at = models.DateTimeField(null=True, blank=True)
    failed_windows = models.PositiveIntegerField(default=0)
    rests_until_at = models.DateTimeField(null=True, blank=True)
    failing_told_at = models.DateTimeField(null=True, blank=True)
    exemplars_error = models.TextField(blank=True, default="", db_default="")
    requests_last = models.PositiveIntegerField(_("requests of the last round"), default=0)
    requests_made = models.PositiveBigIntegerField(_("requests so far"), default=0)

    objects = DeclaredManager.from_queryset(SourceQuerySet)()
    every = SourceQuerySet.as_manager()
    """With those that count the runs of synthetic checks."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(window_s__gte=1, window_s__lte=3600),
                name="source_window_1_to_3600_s",
                violation_error_message=_("A window is between 1 and 3600 seconds."),
            )
        ]
        indexes = [
            models.Index("due_at", name="source_due", condition=Q(enabled=True, due_at__isnull=False)),
            models.Index("prune_due_at", name="source_prune", condition=Q(prune_due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        """The key of its event stream."""
        return f"source:{self.slug}"

    @property
    def window(self) -> timedelta:
        return timedelta(seconds=self.window_s)

    @property
    def lateness(self) -> timedelta:
        """How long after its end a window is asked for: the source's delay, spread over sources."""
        return timedelta(seconds=self.delay_s + (jitter_s(self.slug, self.window_s) if self.url else 0))


class Target(models.Model):
    """One address of a source; `state` holds its counters as last read, which deltas are taken from."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="targets")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="targets")
    url = models.URLField(_("address"), max_length=500)
    version = models.CharField(_("version, where its metrics name none"), max_length=60, blank=True)
    state = models.JSONField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "url"], name="target_once_per_source")]

    def __str__(self) -> str:
        return f"{self.service} at {self.url}"


class Series(models.Model):
    """One signal of one service and version, as one perspective counted it.

    `caller` is the service that called, where it is not the service itself that counted. `name`: of what is
    none of the known signals (`values.own_series`, `check_series`); `signal` is then its shape: errors for
    bad of all, latency for buckets, saturation for a number.
    """

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="series")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="series")
    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="series")
    version = models.CharField(max_length=60, blank=True)
    signal = models.CharField(max_length=12, choices=Signal.choices())
    perspective = models.CharField(max_length=10, choices=Perspective.choices())
    caller = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=80, blank=True, default="", db_default="")
    last_seen_at = models.DateTimeField(_("end of the newest window with data"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "service", "version", "signal", "perspective", "caller", "name"],
                name="series_once",
            ),
            models.CheckConstraint(
                condition=Q(perspective=Perspective.SERVER) ^ ~Q(caller=""),
                name="series_server_has_no_caller",
            ),
        ]
        indexes = [
            models.Index(fields=["service", "environment", "signal", "version"], name="series_by_service")
        ]
        verbose_name_plural = _("series")

    def __str__(self) -> str:
        seen = f"{self.perspective} {self.caller}".strip()
        return f"{self.service} {self.version} {self.name or self.signal} ({seen})"


class Window(InDays):
    """What one series counted in one closed window; in day partitions by its start.

    `bad` of `total` requests; `value` for gauges; `buckets` for latency: pairs of upper bound in seconds
    (null for no bound) and requests up to it. `gap`: nobody could be asked, which is not the same as 0.
    """

    DAYS = Days("health_window", "start_at")

    # Without a foreign key in the database: making a day's partition would lock the series against writers.
    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="windows", db_constraint=False)
    start_at = models.DateTimeField()
    bad = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    value = models.FloatField(null=True, blank=True)
    buckets = models.JSONField(null=True, blank=True)
    gap = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["series", "start_at"], name="window_once"),
            models.CheckConstraint(
                condition=Q(bad__gte=0, total__gte=models.F("bad")), name="window_bad_of_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.series_id} from {self.start_at}"


class Hour(InDays):
    """What one series counted in one hour (UTC), added up from its windows (see `hours`).

    `buckets` are those of windows with the newest layout of the hour, `timed` the requests of these windows;
    `minutes` has a bit for each minute of the hour in which a window with data began.
    """

    DAYS = Days("health_hour", "start_at")

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="hours", db_constraint=False)
    start_at = models.DateTimeField()
    bad = models.BigIntegerField()
    total = models.BigIntegerField()
    timed = models.BigIntegerField()
    buckets = models.JSONField(null=True, blank=True)
    minutes = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "start_at"], name="hour_once")]

    def __str__(self) -> str:
        return f"{self.series_id} in the hour from {self.start_at}"


class Rolled(models.Model):
    """Through when a source's windows were added up to hours."""

    source = models.OneToOneField(Source, on_delete=models.CASCADE, related_name="rolled")
    through_at = models.DateTimeField(_("hours are worked out until"))

    def __str__(self) -> str:
        return f"{self.source_id} until {self.through_at}"
