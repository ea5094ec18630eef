"""Calls a day of edges that were seen, how far they are counted, and what people said of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment
from rollouts.health.graph.models import ObservedEdge


class EdgeDay(models.Model):
    """Calls of one edge on one day (UTC), as one `origin` counted: callers, tracing or mesh, the callee,
    or whoever pushed them. Origins see the same calls, so they are never added up."""

    edge = models.ForeignKey(ObservedEdge, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    origin = models.CharField(max_length=60)
    calls = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edge", "day", "origin"], name="edge_day_once")]
        indexes = [models.Index(fields=["day"], name="edge_day_by_day")]

    def __str__(self) -> str:
        return f"{self.calls} of {self.edge_id} on {self.day}"


class EdgeClock(models.Model):
    """Through when the windows of an environment are counted into days."""

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="edge_clock")
    through_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.environment_id} until {self.through_at}"


class EdgeAnswer(models.Model):
    """What somebody said of an edge: that it is no dependency, that a silent one still stands, or a question
    to its owner. By slugs, since an end may be no service of the catalog."""

    class Said(models.TextChoices):
        NONE = "none", _("It is no dependency")
        STANDS = "stands", _("It still stands")
        ASKED = "asked", _("Its owner was asked")

    caller = models.CharField(_("caller"), max_length=60, blank=True)
    callee = models.CharField(_("callee"), max_length=60)
    contract = models.CharField(_("contract"), max_length=80, blank=True)
    version = models.CharField(_("version"), max_length=60, blank=True)
    said = models.CharField(_("said"), max_length=8, choices=Said.choices)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    by = models.CharField(_("by"), max_length=200)
    at = models.DateTimeField(_("at"))
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["caller", "callee", "contract", "version", "said"],
                condition=Q(ended_at__isnull=True),
                name="edge_answer_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.caller} to {self.callee}: {self.said}"
