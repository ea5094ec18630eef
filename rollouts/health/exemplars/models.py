"""Exemplars as they are kept: the newest few of each series."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Exemplar(models.Model):
    """One request that a source named: its trace, what it measured (seconds for latency), and when."""

    series = models.ForeignKey("health.Series", on_delete=models.CASCADE, related_name="exemplars")
    trace_id = models.CharField(_("trace"), max_length=64)
    value = models.FloatField(_("value"))
    at = models.DateTimeField(_("when"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "trace_id"], name="exemplar_once")]
        indexes = [models.Index(fields=["series", "-at"], name="exemplar_of_series")]

    def __str__(self) -> str:
        return self.trace_id
