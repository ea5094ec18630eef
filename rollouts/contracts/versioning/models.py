"""The rules of one contract's versions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.contracts.values import Category, Model, Policy


class Rules(models.Model):
    """What a new version may do. A contract without a row has no policy and the open model.

    `refuses`: a document that breaks a rule is refused, unless overridden with a reason; else it is told.
    `evidence`: tests of consumers are wanted before a version is promoted, also where nothing breaks.
    """

    contract = models.OneToOneField("contracts.Contract", on_delete=models.CASCADE, related_name="rules")
    policy = models.CharField(
        _("policy"), max_length=8, choices=[(one.value, one.label) for one in Policy], default="none"
    )
    transitive = models.BooleanField(_("against all versions that are not retired"), default=False)
    model = models.CharField(
        _("content model"), max_length=6, choices=[(one.value, one.label) for one in Model], default="open"
    )
    category = models.CharField(
        _("Buf category"), max_length=10, choices=[(one.value, one.value) for one in Category],
        default="WIRE_JSON",
    )  # fmt: skip
    semantic = models.BooleanField(_("semantic version numbers"), default=False)
    refuses = models.BooleanField(_("refuses what breaks a rule"), default=False)
    deprecated_days = models.PositiveSmallIntegerField(
        _("days that a deprecated version stays"), null=True, blank=True
    )
    evidence = models.BooleanField(
        _("wants tests, also where nothing breaks"), default=False, db_default=False
    )
    evidence_days = models.PositiveSmallIntegerField(
        _("days that a result of tests counts"), default=14, db_default=14
    )
    quiet_days = models.PositiveSmallIntegerField(
        _("days without a call before a version is retired"), default=14, db_default=14
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(deprecated_days__isnull=True)
                | Q(deprecated_days__gte=1, deprecated_days__lte=3650),
                name="rules_days_1_to_3650",
            ),
            models.CheckConstraint(
                condition=Q(
                    evidence_days__gte=1, evidence_days__lte=366, quiet_days__gte=1, quiet_days__lte=366
                ),
                name="rules_spans_1_to_366_days",
            ),
        ]

    def __str__(self) -> str:
        return f"Rules of {self.contract_id}"
