"""Where one rollout stands for one person: read once a request, whatever panels are drawn from it."""

from datetime import datetime
from functools import cached_property

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person, Team
from rollouts.approvals import queries as approvals
from rollouts.approvals.models import Request
from rollouts.audit import queries as audit
from rollouts.audit.values import EventView
from rollouts.decisions import queries as decisions
from rollouts.decisions import services
from rollouts.gates import queries as gates
from rollouts.gates.models import Gate
from rollouts.plans import queries as plans
from rollouts.plans.document.plan import Plan
from rollouts.plans.models import Change, Freeze, Revision, Risk, Rollout, Stage
from rollouts.plans.values import RolloutState

EVENTS = 40


class Standing:
    """The rollout, what the machine sees of it for `person`, and what panels read beside that, lazily."""

    def __init__(self, rollout: Rollout, seen: decisions.Snapshot, person: Person) -> None:
        self.rollout = rollout
        self.seen = seen
        self.person = person

    @property
    def now(self) -> datetime:
        """The database's clock as the machine read it."""
        return self.seen.now

    @property
    def state(self) -> RolloutState:
        return self.seen.state

    @cached_property
    def revision(self) -> Revision | None:
        """The revision that governs."""
        return plans.governing_revision(self.rollout)

    @cached_property
    def plan(self) -> Plan | None:
        """The document that governs, typed."""
        return plans.plan_of(self.revision) if self.revision else None

    @cached_property
    def stages(self) -> list[Stage]:
        return list(self.rollout.stages.order_by("number", "pk"))

    @cached_property
    def current(self) -> Stage | None:
        """The row of the stage that is carried out."""
        current = self.seen.current
        return next((row for row in self.stages if current and row.number == current.number), None)

    @cached_property
    def upcoming(self) -> Stage | None:
        """The row of the stage that would be entered next."""
        upcoming = self.seen.upcoming
        return next((row for row in self.stages if upcoming and row.number == upcoming.number), None)

    @cached_property
    def gates(self) -> list[Gate]:
        """Every gate of the plan in force, with stage and ticks."""
        return gates.gates_of(self.rollout)

    @cached_property
    def requests(self) -> list[Request]:
        return approvals.open_requests(self.rollout)

    @cached_property
    def risks(self) -> list[Risk]:
        return list(self.rollout.risks.order_by("pk"))

    @cached_property
    def names(self) -> dict[str, str]:
        """What the teams and people are called that plan and votes know by slug or address; two queries."""
        refs = {gate.owner for gate in self.gates} | {risk.owner for risk in self.risks}
        for asked in self.seen.requests:
            refs |= asked.policy.required_teams | asked.may_vote.get(self.seen.actor, frozenset())
        refs |= {team for row in self.requests for vote in row.votes.all() for team in vote.teams}
        people = Person.objects.filter(email__in=refs).values_list("email", "name")
        return dict(people) | dict(Team.objects.filter(slug__in=refs).values_list("slug", "name"))

    def called(self, *refs: str) -> str:
        """These teams or people by their names, as a list in words."""
        return ", ".join(self.names.get(ref, ref) for ref in sorted(refs))

    @cached_property
    def changes(self) -> list[Change]:
        rows = self.rollout.changes.select_related("service__team", "environment")
        return list(rows.order_by("service__tier", "name", "pk"))

    @cached_property
    def freezes(self) -> list[Freeze]:
        """Freezes that bind now or later, soonest first."""
        return plans.freezes_ahead(self.rollout, self.now)

    @cached_property
    def crossings(self) -> list[plans.Crossing]:
        """Where other rollouts are met: by what is entered next, or before the start by the plan."""
        if self.plan is None or self.state.ended:
            return []
        return plans.crossings_now(self.rollout, self.plan, self.stages, self.now)

    @cached_property
    def events(self) -> list[EventView]:
        """The newest events, newest first."""
        return audit.events(self.rollout.stream, limit=EVENTS)

    @cached_property
    def openings(self) -> list[decisions.Opening]:
        """What keeps it from its next step."""
        return decisions.openings(self.seen)

    def titled(self, sentence: str) -> str:
        """The sentence with the plan's titles of gates in place of their names."""
        for gate in self.gates:
            sentence = sentence.replace(f"“{gate.name}”", f"“{gate}”")
        return sentence.replace("“bake”", _("the bake"))

    def weigh(self, command: decisions.Command) -> decisions.Transition | decisions.Refused:
        """What the machine would answer."""
        return decisions.weigh(self.seen, command)

    def last(self, *kinds: str) -> EventView | None:
        """The newest event of one of these kinds."""
        return next((event for event in self.events if event.kind in kinds), None)


def person_of(request: HttpRequest) -> Person:
    """The signed-in person. Raises Http404 for anybody else: views ask for sign-in first."""
    if not isinstance(request.user, Person):
        raise Http404
    return request.user


def standing_of(request: HttpRequest, slug: str) -> Standing:
    """The standing of a rollout for the request's person. Raises Http404 when they may not see it."""
    kept: dict[str, Standing] = request.__dict__.setdefault("_standings", {})
    if slug not in kept:
        person = person_of(request)
        if not Rollout.objects.accessible_to(person).filter(slug=slug).exists():
            raise Http404
        rollout, seen = services.look(rollout=slug, person=person.actor)
        kept[slug] = Standing(rollout, seen, person)
    return kept[slug]
