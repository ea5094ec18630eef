"""What pages and the API show of runs: the ladder as it was climbed, who may answer, and who is wanted."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles, on_call_teams
from rollouts.escalations import services
from rollouts.escalations.models import EscalationPolicy, Run, Step
from rollouts.escalations.naming import Names, names_of
from rollouts.escalations.values import Level, RunState, wait_text
from rollouts.plans.queries import owning_teams

TONES = {
    RunState.ACTIVE: ("stop", "bell"),
    RunState.EXHAUSTED: ("stop", "risk"),
    RunState.ACKNOWLEDGED: ("move", "move"),
    RunState.ENDED: ("none", "pass"),
}


@dataclass(frozen=True)
class Rung:
    """One level as the page draws it. `tone` is stop (asked in vain), wait, pass, or none (not asked)."""

    number: int
    tone: str
    targets: str
    reached: tuple[str, ...] = ()
    asked_at: datetime | None = None
    until_at: datetime | None = None
    now: bool = False
    empty: bool = False
    wait: str = ""


@dataclass(frozen=True)
class Shown:
    """A run with everything its page and its panel need. `icon` and `tone` are its lamp's."""

    run: Run
    rungs: tuple[Rung, ...]
    tone: str
    icon: str
    word: str
    may_answer: bool
    next_level: int | None
    wanted: bool = field(default=False)


def word_of(run: Run) -> str:
    """Where it stands, for people."""
    return {
        RunState.ACTIVE: _("Nobody has answered"),
        RunState.EXHAUSTED: _("Everybody was asked, nobody has answered"),
        RunState.ACKNOWLEDGED: _("Acknowledged by %(name)s") % {"name": run.acknowledged_name},
        RunState.ENDED: _("Over"),
    }[run.word]


def all_shown(runs: Iterable[Run], person: Person) -> list[Shown]:
    """The runs as `person` sees them. Needs `rollout__team` and `steps` read with them."""
    rows = list(runs)
    names = names_of(level for run in rows for level in run.ladder.levels)
    return [shown(run, person, names) for run in rows]


def shown(run: Run, person: Person, names: Names) -> Shown:
    """One run of `all_shown`."""
    tone, icon = TONES[run.word]
    levels = len(run.ladder.levels)
    last = run.level >= levels and run.cycle >= run.ladder.repeat
    may = may_answer(run, person)
    return Shown(
        run=run,
        rungs=tuple(rungs(run, names)),
        tone=tone,
        icon=icon,
        word=word_of(run),
        may_answer=may and not run.answered,
        next_level=None if run.state != RunState.ACTIVE or last else run.level % levels + 1,
        wanted=not run.answered,
    )


def rungs(run: Run, names: Names) -> list[Rung]:
    """Every level of the turn under way, asked or still to be asked, with its times."""
    steps = {step.level: step for step in run.steps.all() if step.cycle == run.cycle}
    ahead = run.due_at
    found = []
    for number, level in enumerate(run.ladder.levels, start=1):
        step = steps.get(number)
        if step is not None:
            found.append(_asked(run, number, level, step, names))
            continue
        found.append(Rung(number, "none", names.line(level), asked_at=ahead, wait=wait_text(level.wait)))
        ahead = ahead + level.wait if ahead else None
    return found


def _asked(run: Run, number: int, level: Level, step: Step, names: Names) -> Rung:
    here = number == run.level
    tone = "none" if not step.reached else "stop"
    if here and run.state == RunState.ACTIVE:
        tone = "wait"
    if here and run.state == RunState.ACKNOWLEDGED:
        tone = "pass"
    return Rung(
        number,
        tone,
        names.line(level),
        reached=tuple(step.names),
        asked_at=step.asked_at,
        until_at=step.due_at or step.asked_at + (level.wait if step.reached else timedelta()),
        now=here and run.state == RunState.ACTIVE,
        empty=not step.reached,
        wait=wait_text(level.wait),
    )


def may_answer(run: Run, person: Person) -> bool:
    """Whether the door would take this person's answer now; it looks again at the click."""
    if not person.is_active:
        return False
    if person.is_staff:
        return True
    teams = owning_teams(run.rollout) | {run.rollout.team.slug}
    if teams & (set(held_roles(person.pk)) | on_call_teams(person.pk)):
        return True
    return str(person.pk) in services.asked_people(run)


def run_for(pk: int, person: Person) -> Run:
    """A run that the person may see. Raises Run.DoesNotExist."""
    rows = Run.objects.accessible_to(person).select_related("rollout__team", "acknowledged_by")
    return rows.prefetch_related("steps").get(pk=pk)


def wanting(person: Person) -> list[Run]:
    """Runs that nobody has answered and that have asked this person, the oldest first."""
    rows = Run.objects.unanswered().accessible_to(person).select_related("rollout__team")
    asked = [{"kind": "person", "id": str(person.pk)}]
    return list(rows.filter(steps__reached__contains=asked).distinct().order_by("started_at", "pk")[:50])


def policies() -> list[EscalationPolicy]:
    """All policies with their teams and the services that they cover."""
    rows = EscalationPolicy.objects.select_related("team").prefetch_related("services")
    return list(rows.order_by("name", "pk"))
