"""Rollouts, their plan's revisions, changes, stages and risks, and freeze windows."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Membership, Person, Team
from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Contract
from rollouts.lib.rows import QuickRows
from rollouts.plans.campaigns.models import Campaign as Campaign
from rollouts.plans.values import (
    Advance,
    ChangeKind,
    OnHalt,
    OnOverdue,
    RevisionState,
    RolloutState,
    StageState,
    Visibility,
)

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class RolloutQuerySet(models.QuerySet["Rollout"]):
    def locked(self) -> Self:
        """Locked against everybody else who changes it.

        Its key does not change, and is left to those who refer to it: who inserts a row that belongs to the
        rollout while they hold its log would wait at their commit for a decision that waits for the log.
        """
        return self.select_for_update(of=("self",), no_key=True)

    def accessible_to(self, person: Person) -> Self:
        """Rollouts that a signed-in person may see: all but private ones of teams that are not theirs."""
        if person.is_staff:
            return self
        teams = Membership.objects.filter(person=person).values("team")
        return self.filter(~Q(visibility=Visibility.PRIVATE) | Q(team__in=teams) | Q(owner=person))

    def judged(self) -> Self:
        """Rollouts whose gates are judged: begun and not ended."""
        return self.filter(state__in=["running", "held", "halted", "rolling_back", "rollback_failed"])

    def due(self, now: datetime) -> Self:
        """Rollouts that the ticker looks at by `now`."""
        return self.filter(due_at__lte=now).order_by("due_at", "pk")


class Rollout(QuickRows):
    """One coordinated change across services: the aggregate that is locked, decided on and audited."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(_("title"), max_length=200)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="rollouts", verbose_name=_("owning team")
    )
    owner = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="rollouts")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="rollouts")
    state = models.CharField(
        max_length=16, choices=[(s.value, s.label) for s in RolloutState], default="draft"
    )
    visibility = models.CharField(
        max_length=10, choices=[(v.value, v.label) for v in Visibility], default="internal"
    )
    link_key = models.CharField(max_length=64, blank=True)
    link_expires_at = models.DateTimeField(null=True, blank=True)
    salt = models.CharField(max_length=32)
    in_force = models.ForeignKey(
        "plans.Revision", null=True, blank=True, on_delete=models.PROTECT, related_name="governs"
    )
    stage = models.PositiveSmallIntegerField(_("current stage"), null=True, blank=True)
    granted_stage = models.PositiveSmallIntegerField(
        _("stage whose exposure is granted"), null=True, blank=True
    )
    granted = models.JSONField(_("exposure granted, by change"), default=dict, blank=True)
    granted_at = models.DateTimeField(null=True, blank=True)
    held_for = models.CharField(max_length=10, blank=True)
    state_since_at = models.DateTimeField()
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    rolling_back_at = models.DateTimeField(null=True, blank=True)
    rollback_due_at = models.DateTimeField(null=True, blank=True)
    remaining = models.TextField(_("exposure that stays after closing"), blank=True)
    review_cause = models.CharField(max_length=12, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(_("number of its newest event"), default=0)

    objects = RolloutQuerySet.as_manager()

    if TYPE_CHECKING:
        revisions: RelatedManager["Revision"]
        stages: RelatedManager["Stage"]
        changes: RelatedManager["Change"]
        risks: RelatedManager["Risk"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "proposed", "approved", "cancelled"])
                | Q(in_force__isnull=False),
                name="rollout_begun_has_a_plan_in_force",
            ),
            models.CheckConstraint(
                condition=Q(held_for__in=["", "person", "no_data", "gate", "overdue"]),
                name="rollout_held_for_is_known",
            ),
        ]
        indexes = [
            models.Index("due_at", name="rollout_due", condition=Q(due_at__isnull=False)),
            models.Index(fields=["state", "-state_since_at"], name="rollout_by_state"),
            models.Index(fields=["-state_since_at", "-id"], name="rollout_newest_first"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("dashboard:rollout", args=[self.slug])

    @property
    def stream(self) -> str:
        """The key of its event stream."""
        return f"rollout:{self.slug}"

    @property
    def word(self) -> RolloutState:
        return RolloutState(self.state)


class Revision(models.Model):
    """One numbered, immutable plan document with its digest; only its state moves."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(
        max_length=12, choices=[(s.value, s.label) for s in RevisionState], default="draft"
    )
    author = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="revisions")
    author_ref = models.CharField(max_length=40)
    source = models.BinaryField()
    media_type = models.CharField(max_length=40, default="application/yaml")
    document = models.JSONField()
    digest = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    proposed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "number"], name="revision_number_once"),
            models.UniqueConstraint(
                fields=["rollout"], condition=Q(state="in_force"), name="revision_one_in_force"
            ),
            models.UniqueConstraint(
                fields=["rollout"], condition=Q(state="proposed"), name="revision_one_proposed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rollout.slug} revision {self.number}"


class Change(QuickRows):
    """What one service does in a rollout, by the newest governing revision."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="changes")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="changes")
    environment = models.ForeignKey(Environment, on_delete=models.PROTECT, related_name="changes")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=[(k.value, k.label) for k in ChangeKind], default="build")
    from_version = models.CharField(max_length=60, blank=True)
    to_version = models.CharField(max_length=60, blank=True)
    flag = models.CharField(max_length=100, blank=True)
    contract = models.ForeignKey(
        Contract, null=True, blank=True, on_delete=models.PROTECT, related_name="changes"
    )
    contract_from = models.CharField(max_length=60, blank=True)
    contract_to = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "name"], name="change_name_once")]
        indexes = [models.Index(fields=["flag"], name="change_flag", condition=~Q(flag=""))]

    def __str__(self) -> str:
        return f"{self.service} {self.from_version} to {self.to_version}"


class StageQuerySet(models.QuerySet["Stage"]):
    def due(self, now: datetime) -> Self:
        """Stages whose bake, wait or longest duration has ended at `now`."""
        return self.filter(due_at__lte=now).order_by("due_at", "pk")


class Stage(QuickRows):
    """A step of the revision in force. `exposure` is what it grants when it is entered."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="stages")
    number = models.PositiveSmallIntegerField()
    name = models.SlugField(max_length=80)
    title = models.CharField(max_length=160)
    state = models.CharField(
        max_length=16, choices=[(s.value, s.label) for s in StageState], default="pending"
    )
    exposure = models.JSONField(default=dict)
    advance = models.CharField(max_length=10, choices=[(a.value, a.label) for a in Advance], default="manual")
    on_halt = models.CharField(
        max_length=10, choices=[(o.value, o.label) for o in OnHalt], default="previous"
    )
    on_overdue = models.CharField(
        max_length=10, choices=[(o.value, o.label) for o in OnOverdue], default="ask"
    )
    planned_start_at = models.DateTimeField(null=True, blank=True)
    planned_end_at = models.DateTimeField(null=True, blank=True)
    bake = models.DurationField(null=True, blank=True)
    max_duration = models.DurationField(null=True, blank=True)
    entered_at = models.DateTimeField(null=True, blank=True)
    bake_started_at = models.DateTimeField(null=True, blank=True)
    baked_windows = models.PositiveIntegerField(default=0)
    needed_windows = models.PositiveIntegerField(default=0)
    bake_ends_at = models.DateTimeField(_("end of a bake without metric gates"), null=True, blank=True)
    extended = models.DurationField(_("by how much its bake has grown"), default=timedelta)
    extended_until_at = models.DateTimeField(_("end of the newest extension"), null=True, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)
    halted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    overdue_at = models.DateTimeField(null=True, blank=True)
    overdue_said_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)

    objects = StageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rollout", "number"], name="stage_number_once"),
            models.CheckConstraint(
                condition=~Q(state__in=["baking", "ready", "halted"]) | Q(entered_at__isnull=False),
                name="stage_under_way_was_entered",
            ),
        ]
        indexes = [models.Index("due_at", name="stage_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class Risk(models.Model):
    """What could go wrong, by the plan; people move its state while the rollout runs."""

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="risks")
    name = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    likelihood = models.CharField(max_length=10, default="medium")
    impact = models.CharField(max_length=10, default="medium")
    mitigation = models.TextField(blank=True)
    owner = models.CharField(max_length=120, blank=True)
    gate = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=12, default="open")
    public = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rollout", "name"], name="risk_name_once")]

    def __str__(self) -> str:
        return self.title


class FreezeQuerySet(models.QuerySet["Freeze"]):
    def touching(self, rollout: Rollout) -> Self:
        """Freezes, past and future, that bind this rollout's environment and services."""
        services = rollout.changes.values("service")
        tiers = models.Subquery(
            rollout.changes.order_by("service__tier").values("service__tier")[:1],
            output_field=models.IntegerField(),
        )
        return self.filter(
            Q(environment__isnull=True) | Q(environment=rollout.environment_id),
            Q(services__isnull=True) | Q(services__in=services),
            Q(max_tier__isnull=True) | Q(max_tier__gte=tiers),
            lifted_at__isnull=True,
        ).distinct()

    def in_force(self, now: datetime) -> Self:
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class Freeze(models.Model):
    """A window in which nothing is promoted; yields to its owner, or to an override unless absolute."""

    name = models.CharField(_("name"), max_length=120)
    reason = models.TextField(_("reason"), blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="freezes", verbose_name=_("owning team")
    )
    environment = models.ForeignKey(Environment, null=True, blank=True, on_delete=models.CASCADE)
    services = models.ManyToManyField(Service, blank=True, related_name="freezes")
    max_tier = models.PositiveSmallIntegerField(_("up to tier"), null=True, blank=True)
    starts_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    absolute = models.BooleanField(_("absolute"), default=False)
    lifted_at = models.DateTimeField(null=True, blank=True)

    objects = FreezeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="freeze_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["ends_at"], name="freeze_end")]

    def __str__(self) -> str:
        return self.name
