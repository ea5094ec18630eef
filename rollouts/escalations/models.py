"""Escalation policies, which services they cover, runs, and the levels that a run has asked."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Service
from rollouts.escalations.values import Cause, Ladder, RunState, read_levels
from rollouts.plans.models import Rollout

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class EscalationPolicy(models.Model):
    """Who is asked in turn when something must not wait. Edits reach later runs only."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    team = models.ForeignKey(
        Team, on_delete=models.PROTECT, related_name="escalation_policies", verbose_name=_("owning team")
    )
    repeat = models.PositiveSmallIntegerField(_("begins again"), default=0)
    levels = models.JSONField(_("levels"), default=list)
    services = models.ManyToManyField(Service, through="Cover", related_name="escalation_policies")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("escalations:policy", args=[self.slug])

    @property
    def ladder(self) -> Ladder:
        """The policy as a run keeps it."""
        return Ladder(name=self.name, slug=self.slug, repeat=self.repeat, levels=read_levels(self.levels))


class Cover(models.Model):
    """The policy that stands for a service; a service has one at most."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="escalation_cover")
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="covers")

    def __str__(self) -> str:
        return f"{self.policy} covers {self.service}"


class RunQuerySet(models.QuerySet["Run"]):
    def open(self) -> Self:
        """Runs that have not ended."""
        return self.exclude(state=RunState.ENDED)

    def unanswered(self) -> Self:
        """Runs for which somebody is still wanted."""
        return self.filter(state__in=[RunState.ACTIVE, RunState.EXHAUSTED])

    def due(self, now: datetime) -> Self:
        """Active runs whose level has been waited for; an answer in the very instant comes first."""
        return self.filter(state=RunState.ACTIVE, due_at__lt=now).order_by("due_at", "pk")

    def accessible_to(self, person: Person) -> Self:
        """Runs of rollouts that this person may see."""
        return self.filter(rollout__in=Rollout.objects.accessible_to(person).values("pk"))


class Run(models.Model):
    """One escalation of one rollout: asks level after level until somebody acknowledges or it ends.

    `policy` is the ladder as it stood at the start. `cycle` counts from 0, `level` from 1 (0: none yet).
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="escalations")
    cause = models.CharField(max_length=20, choices=Cause.choices())
    stage = models.PositiveSmallIntegerField(null=True, blank=True)
    stage_name = models.CharField(max_length=160, blank=True)
    event_id = models.BigIntegerField(unique=True)
    what = models.TextField(_("what happened"))
    policy = models.JSONField()
    state = models.CharField(max_length=12, choices=RunState.choices(), default=RunState.ACTIVE)
    level = models.PositiveSmallIntegerField(default=0)
    cycle = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_name = models.CharField(max_length=120, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    note = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.TextField(blank=True)

    objects = RunQuerySet.as_manager()

    if TYPE_CHECKING:
        steps: RelatedManager["Step"]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state=RunState.ACTIVE, due_at__isnull=False)
                | (~Q(state=RunState.ACTIVE) & Q(due_at__isnull=True)),
                name="run_active_has_a_due_time",
            ),
            models.UniqueConstraint(
                fields=["rollout", "cause"], condition=~Q(state=RunState.ENDED), name="run_one_open_per_cause"
            ),
        ]
        indexes = [
            models.Index("due_at", name="run_due", condition=Q(state=RunState.ACTIVE)),
            models.Index(fields=["-started_at"], name="run_newest"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("escalations:run", args=[self.pk])

    @property
    def name(self) -> str:
        """How people call it: E-318."""
        return f"E-{self.pk}"

    @property
    def ladder(self) -> Ladder:
        return Ladder.of(self.policy)

    @property
    def word(self) -> RunState:
        return RunState(self.state)

    @property
    def answered(self) -> bool:
        """Nobody is wanted any more."""
        return self.state in (RunState.ACKNOWLEDGED, RunState.ENDED)


class Step(models.Model):
    """A level that a run asked: whom it named, and whom that reached at the time."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps")
    cycle = models.PositiveSmallIntegerField()
    level = models.PositiveSmallIntegerField()
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True, blank=True)
    reached = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "cycle", "level"], name="step_once_per_level")]

    def __str__(self) -> str:
        return f"{self.run} cycle {self.cycle} level {self.level}"

    @property
    def names(self) -> list[str]:
        """Whom it reached, as people read it."""
        return [_name(each) for each in self.reached]


def _name(reached: dict[str, Any]) -> str:
    return str(reached["name"])
