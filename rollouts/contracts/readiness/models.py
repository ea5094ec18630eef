"""What was said and tested of a consumer's readiness for a version."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.contracts.readiness.values import Source, Stated
from rollouts.contracts.values import Readiness

KEPT_SOURCES = (Source.SIGN_OFF, Source.TESTS)
"""Calls are read where they are counted, and a declaration stands in the consumer's own row."""


class StatementQuerySet(models.QuerySet["Statement"]):
    def newest_first(self) -> Self:
        """The newest statement first."""
        return self.order_by("-at", "-pk")


class Statement(models.Model):
    """One statement of how ready a consumer is for a version; a newer one stands beside it, none is changed.

    `version` is the version's name: a statement may be older than the row of the version.
    """

    consumer = models.ForeignKey("contracts.Consumer", on_delete=models.CASCADE, related_name="statements")
    version = models.CharField(_("version"), max_length=60)
    readiness = models.CharField(
        _("readiness"), max_length=16, choices=[(one.value, one.label) for one in Readiness]
    )
    source = models.CharField(
        _("source"), max_length=10, choices=[(one.value, one.label) for one in KEPT_SOURCES]
    )
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("counts until"))
    by_ref = models.CharField(max_length=40, blank=True)
    by_name = models.CharField(_("by"), max_length=120)
    note = models.CharField(_("note"), max_length=500, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)
    reference = models.CharField(_("rests on"), max_length=80, blank=True)

    objects = StatementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["consumer", "version", "reference"],
                condition=~Q(reference=""),
                name="statement_once_per_reference",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("at")), name="statement_ends_later"),
        ]
        indexes = [models.Index(fields=["consumer", "version", "-at"], name="statement_newest")]

    def __str__(self) -> str:
        return f"{self.consumer_id} {self.readiness} for {self.version}"

    @property
    def stated(self) -> Stated:
        """As the rule takes it."""
        return Stated(
            Readiness(self.readiness),
            Source(self.source),
            self.at,
            self.expires_at,
            by=self.by_name,
            note=self.note,
            url=self.url,
            reference=self.reference,
        )
