"""What was pushed and is taken into windows when they close."""

from django.db import models

from rollouts.health.values import Perspective, Signal


class Pushed(models.Model):
    """A part of one window of one series: of one `instance`, and of one `point` where a window has several.

    The window is the sum of its parts. The same part again replaces itself, so that a push may be repeated.
    Parts of one window that speak different contracts differ in their `point`.
    """

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="pushed")
    start_at = models.DateTimeField()
    service = models.CharField(max_length=60)
    version = models.CharField(max_length=60, blank=True)
    signal = models.CharField(max_length=12, choices=Signal.choices())
    perspective = models.CharField(max_length=10, choices=Perspective.choices())
    caller = models.CharField(max_length=60, blank=True)
    instance = models.CharField(max_length=100, blank=True)
    point = models.CharField(max_length=80, blank=True)
    contract = models.CharField(max_length=60, blank=True, default="", db_default="")
    contract_version = models.CharField(max_length=60, blank=True, default="", db_default="")
    bad = models.FloatField(default=0)
    total = models.FloatField(default=0)
    value = models.FloatField(null=True, blank=True)
    buckets = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "source", "start_at", "service", "version", "signal", "perspective", "caller", "instance",
                    "point",
                ],
                name="pushed_once",
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.service} {self.version} {self.signal} from {self.start_at}"


class PushedCounters(models.Model):
    """Cumulative counters of one instance as last pushed, which increases are taken from."""

    source = models.ForeignKey("health.Source", on_delete=models.CASCADE, related_name="pushed_counters")
    instance = models.CharField(max_length=100)
    state = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "instance"], name="pushed_counters_once")]

    def __str__(self) -> str:
        return f"{self.instance} of {self.source_id}"
