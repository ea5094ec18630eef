"""Service level objectives, and what was counted for them."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment, Service
from rollouts.health.values import Signal


class SloQuerySet(models.QuerySet["Slo"]):
    def kept(self) -> Self:
        """Those that are still promised."""
        return self.filter(gone_at__isnull=True)

    def due(self, now: object) -> Self:
        """Those to be counted now."""
        return self.kept().filter(due_at__lte=now).order_by("due_at", "pk")


class Slo(models.Model):
    """What share of a service's requests is to be good over a rolling period.

    Good: not failed (`errors`), or answered within `slower_than_s` (`latency`). `standing` is what was
    found when it was last counted: the words that pages, API and gates read.
    """

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="slos", verbose_name=_("service")
    )
    environment = models.ForeignKey(
        Environment, on_delete=models.CASCADE, related_name="slos", verbose_name=_("environment")
    )
    signal = models.CharField(
        _("signal"),
        max_length=12,
        choices=[(one.value, one.label) for one in (Signal.ERRORS, Signal.LATENCY)],
        default=Signal.ERRORS,
    )
    slower_than_s = models.FloatField(_("slower than, in seconds"), null=True, blank=True)
    target = models.FloatField(_("target"))
    period_days = models.PositiveSmallIntegerField(_("rolling period in days"), default=30)
    due_at = models.DateTimeField(null=True, blank=True)
    through_at = models.DateTimeField(_("end of the last counted window"), null=True, blank=True)
    standing = models.JSONField(default=dict, blank=True)
    firing = models.CharField(_("urgency of the burn that was told"), max_length=8, blank=True)
    firing_since_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = SloQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(target__gt=0, target__lt=1),
                name="slo_target_is_a_share",
                violation_error_message=_("A target is a share between 0 and 1, such as 0.999."),
            ),
            models.CheckConstraint(
                condition=Q(signal=Signal.ERRORS, slower_than_s__isnull=True)
                | Q(signal=Signal.LATENCY, slower_than_s__gt=0),
                name="slo_latency_has_a_bound",
                violation_error_message=_("A latency SLO says from how many seconds on an answer is slow."),
            ),
            models.CheckConstraint(
                condition=Q(period_days__gte=1, period_days__lte=90),
                name="slo_period_1_to_90_days",
                violation_error_message=_("A period is between 1 and 90 days."),
            ),
        ]
        indexes = [
            models.Index("due_at", name="slo_due", condition=Q(gone_at__isnull=True)),
            models.Index(fields=["service", "environment"], name="slo_of_service"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("health:slo", args=[self.slug])

    @property
    def stream(self) -> str:
        """The key of its event stream: the service's."""
        return f"service:{self.service.slug}"

    @property
    def target_words(self) -> str:
        """The target in percent, with all its digits: "99.95 %"."""
        return f"{self.target * 100:.10g}\N{NO-BREAK SPACE}%"

    @property
    def period(self) -> timedelta:
        return timedelta(days=self.period_days)


class SloCount(models.Model):
    """Bad and all requests of one minute (kept for hours) or one hour (kept for the period)."""

    slo = models.ForeignKey(Slo, on_delete=models.CASCADE, related_name="counts")
    span_s = models.PositiveSmallIntegerField()
    start_at = models.DateTimeField()
    bad = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slo", "span_s", "start_at"], name="slo_count_once"),
            models.CheckConstraint(
                condition=Q(bad__gte=0, total__gte=F("bad")), name="slo_count_bad_of_total"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slo_id} from {self.start_at}: {self.bad} of {self.total}"
