"""Gates of the plan in force, their newest verdict, its history, and ticks on checklists."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rollouts.gates.backtest.models import Backtest as Backtest
from rollouts.gates.baselines.models import Baseline as Baseline
from rollouts.gates.questions.models import BadgeKey as BadgeKey
from rollouts.gates.values import OnFail, Policy, Position, Then, Word
from rollouts.lib.jsontext import JSONTextField
from rollouts.lib.partitions import Days, InDays
from rollouts.lib.rows import QuickRows
from rollouts.plans.models import Rollout, Stage


class GateQuerySet(models.QuerySet["Gate"]):
    def present(self) -> Self:
        """Gates of the plan in force."""
        return self.filter(gone_at__isnull=True)


class Gate(QuickRows):
    """A condition on entering or leaving a stage, with the newest verdict on it.

    `state` is what its judge carries from window to window; `silenced`: it reads nothing only because
    a halt took its traffic. A gate that a later revision drops is `gone`, and its history stays.
    """

    rollout = models.ForeignKey(Rollout, on_delete=models.CASCADE, related_name="gates")
    stage = models.ForeignKey(Stage, on_delete=models.CASCADE, related_name="gates")
    name = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    position = models.CharField(max_length=6, choices=Position.choices(), default=Position.EXIT)
    required = models.BooleanField(default=True)
    observe = models.BooleanField(default=False)
    settings = models.JSONField(default=dict)
    on_fail = models.CharField(max_length=6, choices=OnFail.choices(), default=OnFail.HALT)
    no_data_after = models.DurationField(default=timedelta(minutes=15))
    on_no_data = models.CharField(max_length=6, choices=Then.choices(), default=Then.HOLD)
    no_data_extend = models.DurationField(default=timedelta)
    on_inconclusive = models.CharField(max_length=6, choices=Then.choices(), default=Then.WAIT)
    inconclusive_after = models.DurationField(default=timedelta)
    inconclusive_extend = models.DurationField(default=timedelta)
    owner = models.CharField(max_length=120, blank=True)
    runbook = models.CharField(max_length=500, blank=True)
    public = models.TextField(blank=True)
    verdict = models.CharField(max_length=14, choices=Word.choices(), default=Word.PENDING)
    warning = models.BooleanField(default=False)
    sentence = models.TextField(blank=True)
    evidence = JSONTextField(default=dict, blank=True)
    silenced = models.BooleanField(default=False)
    no_data_since_at = models.DateTimeField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(_("when its word last changed"), null=True, blank=True)
    passed_over_at = models.DateTimeField(_("when somebody resumed in spite of it"), null=True, blank=True)
    asked_at = models.DateTimeField(_("when people were asked about it"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("time of the newest row of history"), null=True, blank=True)
    state = JSONTextField(null=True, blank=True)
    order = models.PositiveSmallIntegerField(default=0)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects = GateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "position", "name"],
                condition=Q(gone_at__isnull=True),
                name="gate_name_once_per_stage_and_position",
            ),
            models.CheckConstraint(
                condition=~Q(verdict=Word.NO_DATA) | Q(no_data_since_at__isnull=False),
                name="gate_without_data_says_since_when",
            ),
        ]
        indexes = [models.Index(fields=["rollout", "kind"], name="gate_by_rollout")]

    def __str__(self) -> str:
        return self.title or self.name

    @property
    def word(self) -> Word:
        return Word(self.verdict)

    @property
    def policy_for_no_data(self) -> Policy:
        """What follows silence that lasts."""
        return Policy(Then(self.on_no_data), self.no_data_after, self.no_data_extend)

    @property
    def policy_for_inconclusive(self) -> Policy:
        """What follows an inconclusive verdict that lasts."""
        return Policy(Then(self.on_inconclusive), self.inconclusive_after, self.inconclusive_extend)


class Verdict(InDays):
    """One row of a gate's history: written when its word changes, and hourly.

    `repeat`: the word stands in the row before too. Only such rows are in day partitions, which are dropped
    some day: changes are what events tell of, and stand in a partition of their own.
    """

    DAYS = Days("gates_verdict_repeated", "at")

    # Without a foreign key in the database: making a day's partition would lock the gates against writers.
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="verdicts", db_constraint=False)
    at = models.DateTimeField()
    word = models.CharField(max_length=14, choices=Word.choices())
    warning = models.BooleanField(default=False)
    sentence = models.TextField()
    evidence = models.JSONField(default=dict)
    repeat = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["gate", "-at"], name="verdict_of_gate")]

    def __str__(self) -> str:
        return f"{self.word} at {self.at}"

    @property
    def in_day(self) -> bool:
        return self.repeat


class ChecklistTick(models.Model):
    """One item of a checklist gate that a person said is done."""

    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="ticks")
    item = models.CharField(max_length=300)
    person_ref = models.CharField(max_length=40)
    person_name = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gate", "item"], name="tick_once")]

    def __str__(self) -> str:
        return f"{self.item}, ticked by {self.person_name}"
