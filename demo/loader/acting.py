"""What people do with rollouts in the demo, each once: a repeated start finds the keys of the last one."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from demo.loader.past import Past
from demo.loader.traffic import Traffic
from demo.loader.windows import Span, planned
from rollouts.accounts.models import Person
from rollouts.audit import services as audit
from rollouts.audit.models import Followup
from rollouts.audit.values import Face
from rollouts.decisions import judging, services
from rollouts.decisions.machine.values import Action, Command
from rollouts.gates import services as gates
from rollouts.gates.kinds.checklist import items_of
from rollouts.gates.models import Gate
from rollouts.health.models import Source
from rollouts.lib.clock import database_now
from rollouts.plans import services as plans
from rollouts.plans.models import Rollout

PATIENCE_WINDOWS = 60
PLANS = Path(__file__).resolve().parent.parent / "plans"


def who(name: str) -> Person:
    """A member of the cast by the first part of the address: `sofia.brandt`."""
    return Person.objects.get(email=f"{name}@fernhill.example")


class Acting:
    """One rollout and what people do with it."""

    def __init__(self, slug: str) -> None:
        self.slug = slug
        self._done = 0
        self._through: datetime | None = None

    @property
    def exists(self) -> bool:
        return Rollout.objects.filter(slug=self.slug).exists()

    @property
    def rollout(self) -> Rollout:
        return Rollout.objects.get(slug=self.slug)

    def plan(self, author: str, *spans: Span) -> None:
        """The author saves the plan file of this name, its stages planned for these times."""
        plans.save_draft(
            source=planned((PLANS / f"{self.slug}.yaml").read_text(), spans).encode(),
            actor=who(author).actor,
            face=Face.PAGE,
            rollout=self.slug,
        )

    def decide(self, name: str, action: Action, face: Face = Face.PAGE, **more: Any) -> None:
        """One decision of one person."""
        self._done += 1
        key = f"demo:{self.slug}:{self._done}"
        services.decide(
            rollout=self.slug, command=Command(action, **more), actor=who(name).actor, face=face, key=key
        )

    def agree(self, *names: str, face: Face = Face.PAGE, **more: Any) -> None:
        """These people approve."""
        for name in names:
            self.decide(name, Action.APPROVE, face, **more)

    def tick(self, name: str) -> None:
        """Somebody ticks every item of every checklist before the next stage."""
        rows = Gate.objects.present().filter(
            rollout__slug=self.slug, kind="checklist", stage__state="pending"
        )
        first = rows.order_by("stage__number", "pk").first()
        if first is None:
            return
        for item in items_of(first):
            gates.tick(gate_id=first.pk, item=item.name, done=True, actor=who(name).actor, face=Face.PAGE)

    def look(self) -> None:
        """The clock's look at the rollout."""
        judging.run_rollout(self.rollout.pk)

    def follow(self) -> None:
        """Escalations, pages and reviews follow at once. Nobody is told of what is long past."""
        rows = Followup.objects.open().filter(stream=self.rollout.stream)
        for row in rows.exclude(follower="notifications").order_by("seq", "pk"):
            audit.run_followup(row.pk)
        rows.filter(follower="notifications").update(done_at=database_now())

    def bake(self, clock: Past, traffic: Traffic, source: Source, minutes: float, every_s: int = 60) -> None:
        """Traffic flows for so long; it is measured, and judged every minute."""
        left = timedelta(minutes=minutes)
        while left > timedelta():
            step = min(left, timedelta(seconds=every_s))
            start = self._through or database_now()
            self._through = traffic.play(source, start, clock.forward(step))
            if self.exists:
                self.look()
            left -= step

    def settle(self, clock: Past, traffic: Traffic, source: Source) -> None:
        """Goes on baking until no gate that measures waits: the newest window may have had a bad one."""
        for _ in range(PATIENCE_WINDOWS):
            now = self.rollout
            rows = Gate.objects.present().filter(rollout=now, stage__number=now.stage or 0, kind="metric")
            if not rows.exclude(verdict="pass").exists():
                return
            self.bake(clock, traffic, source, source.window_s / 60, every_s=source.window_s)
