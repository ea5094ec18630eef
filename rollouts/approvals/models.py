"""Approval policies, requests with the policy as it stood, votes and delegations."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Person
from rollouts.approvals import values
from rollouts.approvals.values import Ballot
from rollouts.catalog.models import Environment
from rollouts.plans.models import Revision, Rollout

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

PLAN = 0  # the "stage" of a request that asks for the plan itself


class Policy(models.Model):
    """Who must approve in an environment: how many, holding which role, from which teams, by when."""

    environment = models.OneToOneField(Environment, on_delete=models.CASCADE, related_name="approval_policy")
    quorum = models.PositiveSmallIntegerField(_("quorum"), default=1)
    roles = models.JSONField(_("roles"), default=list)
    teams = models.JSONField(_("teams"), default=list, blank=True)
    required_teams = models.JSONField(_("teams that must be heard"), default=list, blank=True)
    expires_after = models.DurationField(_("expires after"), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quorum__gte=1),
                name="policy_quorum_at_least_one",
                violation_error_message=_("A quorum is at least 1."),
            )
        ]

    def __str__(self) -> str:
        return f"approval policy of {self.environment}"

    @property
    def value(self) -> "values.Policy":
        """The policy as the pure core counts by it."""
        return values.Policy(
            quorum=self.quorum,
            roles=frozenset(self.roles or ["approver"]),
            teams=frozenset(self.teams),
            required_teams=frozenset(self.required_teams),
            expires_after=self.expires_after,
        )


class RequestQuerySet(models.QuerySet["Request"]):
    def open(self) -> Self:
        return self.filter(settled_at__isnull=True)

    def due(self, now: datetime) -> Self:
        """Open requests whose time has run out."""
        return self.open().filter(expires_at__lte=now).order_by("expires_at", "pk")


class Request(models.Model):
    """A question to approvers: bound to revision, stage entered (0: the plan) and the policy as it stood."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="requests")
    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="requests")
    digest = models.CharField(max_length=80)
    stage = models.PositiveSmallIntegerField(default=PLAN)
    gate = models.CharField(max_length=80, blank=True)
    policy = models.JSONField()
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=12, blank=True)

    objects = RequestQuerySet.as_manager()

    if TYPE_CHECKING:
        votes: RelatedManager["Vote"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["revision", "stage", "gate"],
                condition=Q(settled_at__isnull=True),
                name="request_one_open_per_question",
            )
        ]
        indexes = [
            models.Index("expires_at", "id", name="request_due", condition=Q(settled_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"request for stage {self.stage} of {self.rollout}"


class Vote(models.Model):
    """One person's word on one request; a delegate's vote stores both names."""

    request = models.ForeignKey(Request, on_delete=models.CASCADE, related_name="votes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="votes")
    on_behalf_of = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="votes_by_delegates"
    )
    ballot = models.CharField(max_length=8, choices=[(b.value, b.label) for b in Ballot])
    teams = models.JSONField(default=list)
    reason = models.TextField(blank=True)
    face = models.CharField(max_length=10)
    at = models.DateTimeField()
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["request", "person"],
                condition=Q(voided_at__isnull=True),
                name="vote_one_live_per_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.ballot}s"


class Delegation(models.Model):
    """While it lasts, `delegate` may vote for `delegator`, inheriting the conflicts of interest."""

    delegator = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_given")
    delegate = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_held")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")) & ~Q(delegator=models.F("delegate")),
                name="delegation_makes_sense",
            )
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.delegator}"
