"""Contracts as declared, their versions, who consumes them, and plain dependencies."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from rollouts.catalog.models import Service
from rollouts.contracts.deprecating.models import Deprecation as Deprecation
from rollouts.contracts.deprecating.models import Reminded as Reminded
from rollouts.contracts.documents.models import Compared as Compared
from rollouts.contracts.documents.models import Document as Document
from rollouts.contracts.documents.models import Element as Element
from rollouts.contracts.documents.models import VersionDocument as VersionDocument
from rollouts.contracts.importing.models import Import as Import
from rollouts.contracts.importing.models import Listed as Listed
from rollouts.contracts.readiness.models import Statement as Statement
from rollouts.contracts.readiness.values import Standing
from rollouts.contracts.using.models import Use as Use
from rollouts.contracts.values import DependencyKind, Format, Readiness, VersionState
from rollouts.contracts.versioning.models import Rules as Rules


class Contract(models.Model):
    """An interface that a service provides."""

    provider = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="contracts")
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(_("name"), max_length=120)
    format = models.CharField(_("format"), max_length=20, choices=[(f.value, f.label) for f in Format])
    gone_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class ContractVersion(models.Model):
    """One version of a contract; deprecated ones have a sunset date.

    Since when it is served, deprecated and retired is known where somebody said so or changed its state here.
    """

    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(_("version"), max_length=60)
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=[(s.value, s.value.capitalize()) for s in VersionState],
        default="active",
    )
    served_on = models.DateField(_("served since"), null=True, blank=True)
    deprecated_on = models.DateField(_("deprecated since"), null=True, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)
    sunset_on = models.DateField(_("sunset date"), null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contract", "version"], name="contract_version_once"),
            models.CheckConstraint(
                condition=Q(sunset_on__isnull=True) | Q(state__in=["deprecated", "retired"]),
                name="contract_version_sunset_when_deprecated",
                violation_error_message=_("Only a deprecated or retired version has a sunset date."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.version}"


class Consumer(models.Model):
    """A service that relies on a contract, with the range it uses and what is declared of its readiness.

    `declared_at`: since when it is declared, which is not known of old rows. See `using` for which parts, and
    `readiness` for how ready it is: what is declared counts where nobody signed, tested or saw anything.
    `readiness_for`: the version that was meant; empty: whichever is next.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="consumes")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="consumers")
    uses = models.CharField(_("version range"), max_length=120, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    readiness = models.CharField(
        _("readiness"), max_length=16, choices=[(r.value, r.label) for r in Readiness], default="unknown"
    )
    readiness_for = models.CharField(_("ready for"), max_length=60, blank=True, default="", db_default="")
    readiness_at = models.DateTimeField(_("readiness declared"), null=True, blank=True)
    kind = models.CharField(
        _("kind"),
        max_length=8,
        choices=[(k.value, k.value) for k in DependencyKind],
        default="hard",
        db_default="hard",
    )
    declared_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        standing: Standing  # for `next_version`, as readiness.reading.give_standing gives it
        next_version: str

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "contract"], name="consumer_once")]

    def __str__(self) -> str:
        return f"{self.service} uses {self.contract}"


class Dependency(models.Model):
    """A service that calls another without a declared contract."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="depends")
    on = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="dependents")
    kind = models.CharField(
        _("kind"), max_length=8, choices=[(k.value, k.value) for k in DependencyKind], default="hard"
    )
    declared_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "on"], name="dependency_once"),
            models.CheckConstraint(condition=~Q(service=F("on")), name="dependency_on_another"),
        ]

    def __str__(self) -> str:
        return f"{self.service} depends on {self.on}"
