"""What messages say of a rollout, read once for an event."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

from django.conf import settings

from rollouts.gates.models import Gate
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Revision, Rollout, Stage
from rollouts.plans.queries import plan_of


def address(path: str) -> str:
    """A page of ours as links outside name it."""
    return f"{settings.GATEHOUSE_URL}{path}"


@dataclass
class Facts:
    """A rollout with its plan, stages and gates, each read when first asked for."""

    rollout: Rollout

    @property
    def title(self) -> str:
        return self.rollout.title

    @property
    def slug(self) -> str:
        return self.rollout.slug

    @property
    def url(self) -> str:
        return address(f"/rollouts/{quote(self.slug)}/")

    @cached_property
    def revision(self) -> Revision | None:
        """The revision in force; before the start the newest."""
        return self.rollout.in_force or self.rollout.revisions.order_by("-number").first()

    @cached_property
    def plan(self) -> Plan | None:
        return plan_of(self.revision) if self.revision else None

    @cached_property
    def stages(self) -> list[Stage]:
        return list(self.rollout.stages.order_by("number"))

    @property
    def count(self) -> int:
        return len(self.stages) or (len(self.plan.stages) if self.plan else 0)

    def stage(self, number: int | None) -> Stage | None:
        return next((stage for stage in self.stages if stage.number == number), None)

    def place(self, number: int | None) -> str:
        """ "stage 2 of 3"."""
        return f"stage {number} of {self.count}" if number else "plan"

    def exposure(self, number: int | None) -> str:
        """What a stage grants, in words."""
        if number is None or self.plan is None or not 1 <= number <= len(self.plan.stages):
            return "nothing granted"
        return self.plan.stages[number - 1].exposure.words()

    @property
    def now_words(self) -> str:
        return self.exposure(self.rollout.granted_stage)

    @property
    def way_back(self) -> str:
        """The rollback's first step and how long it takes."""
        if self.plan is None:
            return ""
        number = min(max(self.rollout.stage or 1, 1), len(self.plan.stages))
        rollback = self.plan.stages[number - 1].rollback
        from notifications.messages.text import span

        steps = rollback.steps[0].rstrip(".") if rollback.steps else "exposure goes to nothing"
        return f"{steps}, about {span(rollback.expected_duration)}"

    @cached_property
    def gates(self) -> list[Gate]:
        """The gates of the stage under way, what has not passed first."""
        rows = Gate.objects.present().filter(rollout=self.rollout, stage__number=self.rollout.stage or 0)
        found = rows.exclude(kind="approval").order_by("order", "pk")
        return sorted(found, key=lambda gate: gate.verdict == "pass")

    @property
    def binding(self) -> list[Gate]:
        """Those of them that bind by themselves: what only observes, advises or is a part is none of them."""
        return [gate for gate in self.gates if gate.required and not gate.observe]

    @cached_property
    def runbook(self) -> str:
        """The runbook of the most critical service that has one."""
        rows = self.rollout.changes.exclude(service__runbook="").order_by("service__tier", "pk")
        return rows.values_list("service__runbook", flat=True).first() or ""
