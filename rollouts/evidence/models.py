"""Results of tests, drills and reviews as they were recorded; none is ever changed."""

from datetime import datetime
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Person
from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.evidence.values import Form, Kind, Outcome
from rollouts.plans.models import Rollout


class ResultQuerySet(models.QuerySet["Result"]):
    def newest_first(self) -> Self:
        return self.order_by("-at", "-pk")

    def counting(self, now: datetime) -> Self:
        """Those that have not expired."""
        return self.filter(expires_at__gt=now)

    def visible_to(self, person: Person) -> Self:
        """All but what belongs to rollouts that the person may not see."""
        seen = Rollout.objects.accessible_to(person).values("pk")
        return self.filter(models.Q(rollout__isnull=True) | models.Q(rollout__in=seen))

    def with_all(self) -> Self:
        """With what a page names of each."""
        return self.select_related("service", "contract", "environment", "rollout")


class Result(models.Model):
    """One result. `service`: whose tests they are, of a contract the consumer. `build`: of that service.

    `digest` is of what was sent. `key` is of that and of what it is said to be about: the same again is no
    second result. `failed` names some of what failed; `stage` is a stage's name, which outlives its row.
    """

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices())
    outcome = models.CharField(_("result"), max_length=8, choices=Outcome.choices())
    title = models.CharField(_("title"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"))
    received_at = models.DateTimeField(_("received"))
    expires_at = models.DateTimeField(_("counts until"))
    service = models.ForeignKey(
        Service, null=True, blank=True, on_delete=models.CASCADE, related_name="evidence"
    )
    build = models.CharField(_("build"), max_length=100, blank=True)
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.CASCADE, related_name="evidence"
    )
    version = models.CharField(_("version of the contract"), max_length=60, blank=True)
    provider_build = models.CharField(_("build of the provider"), max_length=100, blank=True)
    environment = models.ForeignKey(
        Environment, null=True, blank=True, on_delete=models.CASCADE, related_name="evidence"
    )
    rollout = models.ForeignKey(
        Rollout, null=True, blank=True, on_delete=models.CASCADE, related_name="evidence"
    )
    stage = models.CharField(_("stage"), max_length=80, blank=True)
    flags = models.JSONField(_("flags"), default=dict, blank=True)
    tests = models.PositiveIntegerField(_("tests"), null=True, blank=True)
    failures = models.PositiveIntegerField(_("failures"), default=0)
    errors = models.PositiveIntegerField(_("errors"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    failed = models.JSONField(_("what failed"), default=list, blank=True)
    note = models.TextField(_("note"), blank=True)
    source = models.CharField(_("where from"), max_length=120, blank=True)
    url = models.URLField(_("link"), max_length=500, blank=True)
    form = models.CharField(_("told as"), max_length=12, choices=Form.choices())
    digest = models.CharField(max_length=64)
    key = models.CharField(max_length=64, unique=True)
    by_ref = models.CharField(max_length=40, blank=True)
    by_name = models.CharField(_("by"), max_length=120)

    objects = ResultQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("at")), name="evidence_ends_later"
            ),
            models.CheckConstraint(
                condition=models.Q(stage="") | models.Q(rollout__isnull=False),
                name="evidence_stage_has_a_rollout",
            ),
            models.CheckConstraint(
                condition=models.Q(version="") | models.Q(contract__isnull=False),
                name="evidence_version_has_a_contract",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "version", "kind", "-at"], name="evidence_by_contract"),
            models.Index(fields=["rollout", "stage", "kind", "-at"], name="evidence_by_rollout"),
            models.Index(fields=["service", "-at"], name="evidence_by_service"),
            models.Index(fields=["-at", "-id"], name="evidence_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("evidence:result", args=[self.pk])

    @property
    def passed(self) -> bool:
        return self.outcome == Outcome.PASSED

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        parts = [str(self.service)] if self.service else []
        if self.contract:
            parts.append(f"{'against ' if parts else ''}{self.contract} {self.version}".strip())
        if self.rollout:
            stage = f", stage {self.stage}" if self.stage else ""
            parts.append(f"{'in ' if parts else ''}{self.rollout}{stage}")
        return " ".join(parts)

    @property
    def sentence(self) -> str:
        """What came of what, with how many tests."""
        return f"{self.get_kind_display()} of {self.subject} {self.outcome}{self._counted}."

    @property
    def _counted(self) -> str:
        if self.tests is None:
            return ""
        if bad := self.failures + self.errors:
            return f" ({bad:,} of {self.tests:,} tests)"
        ran = self.tests - self.skipped
        return f" ({ran:,} of {self.tests:,} tests run)" if self.skipped else f" ({ran:,} tests)"
