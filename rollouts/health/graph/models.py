"""The graph at the end of a window, edges that were seen, and what began to go wrong."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Environment, Service
from rollouts.health.composite.culprit import Kind
from rollouts.health.composite.priority import Priority


class GraphSnapshot(models.Model):
    """The graph of one environment at the end of a window: pages read this one row.

    `nodes` and `edges` (see `composite.graph`) are kept for the newest few; `failing` names services below
    0.5 for as long as the row is kept, so that a rollout can tell what failed before it.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="graphs")
    through_at = models.DateTimeField(_("end of the newest window"))
    made_at = models.DateTimeField(_("worked out at"))
    since_at = models.DateTimeField(_("start of the oldest window"))
    nodes = models.JSONField(null=True, blank=True)
    edges = models.JSONField(null=True, blank=True)
    failing = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["environment", "through_at"], name="graph_once_per_window")
        ]

    def __str__(self) -> str:
        return f"{self.environment_id} at {self.through_at}"


class ObservedEdge(models.Model):
    """A call that was seen, in which environment, and when first and last; by slugs, since either end may be
    no service of the catalog.

    `contract` and `version`: what the calls spoke, where that is known. Without a `caller`, the provider
    counted them and nobody named who called. `week_calls`: see `edges.storing`.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="observed_edges")
    caller = models.CharField(_("caller"), max_length=60)
    callee = models.CharField(_("callee"), max_length=60)
    contract = models.CharField(_("contract"), max_length=80, blank=True, default="", db_default="")
    version = models.CharField(_("version"), max_length=60, blank=True, default="", db_default="")
    week_calls = models.BigIntegerField(_("calls in its last seven days"), default=0, db_default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "caller", "callee", "contract", "version"], name="observed_edge_once"
            )
        ]
        indexes = [
            models.Index(fields=["contract"], name="observed_edge_by_contract", condition=~Q(contract=""))
        ]

    def __str__(self) -> str:
        return f"{self.caller} calls {self.callee}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells edges of one environment apart."""
        return self.caller, self.callee, self.contract, self.version


class AlertQuerySet(models.QuerySet["Alert"]):
    def standing(self) -> Self:
        """Those that were told and are not over."""
        return self.filter(opened_at__isnull=False, closed_at__isnull=True)

    def by_impact(self) -> Self:
        return self.order_by("priority", "-points", "opened_at", "pk")


class Alert(models.Model):
    """One culprit in one environment with all that suffer from it.

    `opened_at` is empty until the culprit was seen in windows enough. `calm` counts windows without it;
    after enough of them it is closed. `service` is asked first: the culprit, or who calls it.
    """

    environment = models.ForeignKey(Environment, on_delete=models.CASCADE, related_name="alerts")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="alerts")
    root = models.CharField(_("culprit"), max_length=600)
    kind = models.CharField(_("kind"), max_length=8, choices=[(kind.value, kind.value) for kind in Kind])
    victims = models.JSONField(_("victims"), default=list)
    priority = models.CharField(_("priority"), max_length=2, choices=[(p.value, p.value) for p in Priority])
    points = models.FloatField(_("points"), default=0)
    words = models.CharField(_("what is seen"), max_length=600, blank=True)
    seen = models.PositiveIntegerField(_("windows seen"), default=1)
    calm = models.PositiveIntegerField(_("windows without it"), default=0)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["environment", "root"],
                condition=Q(closed_at__isnull=True),
                name="alert_once_per_root",
            )
        ]
        indexes = [
            models.Index("closed_at", "opened_at", name="alert_by_closing"),
        ]

    def __str__(self) -> str:
        return f"{self.priority} {self.root}"
