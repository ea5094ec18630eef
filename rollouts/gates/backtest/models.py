"""Back-tests that were asked for, and what they found."""

from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from rollouts.plans.models import Revision


class BacktestQuerySet(models.QuerySet["Backtest"]):
    def due(self, now: object) -> Self:
        """Those that are asked for and not done."""
        return self.filter(due_at__lte=now, done_at__isnull=True).order_by("due_at", "pk")

    def done(self) -> Self:
        return self.filter(done_at__isnull=False)


class Backtest(models.Model):
    """One run over the metric gates of a revision; `reports` grows gate by gate until it is done."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="backtests")
    days = models.PositiveSmallIntegerField(
        _("days looked back"), default=7, validators=[MinValueValidator(1), MaxValueValidator(28)]
    )
    shift = models.FloatField(
        _("times worse that is to be seen, where it is not what each gate says"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1.1), MaxValueValidator(100)],
    )
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    gates = models.PositiveSmallIntegerField(_("metric gates of the plan"), default=0)
    reports = models.JSONField(default=list)
    problem = models.TextField(blank=True)

    objects = BacktestQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("due_at", name="backtest_due", condition=models.Q(done_at__isnull=True)),
            models.Index(fields=["revision", "-asked_at"], name="backtest_of_revision"),
        ]

    def __str__(self) -> str:
        return f"Back-test of {self.revision_id} over {self.days} days"
