"""What the first page is asked for: who looks, when, and how wide; read once a request."""

from datetime import datetime
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest

from rollouts.accounts import queries as accounts
from rollouts.accounts import services
from rollouts.accounts.models import Membership, Person
from rollouts.dashboard.standing import person_of
from rollouts.lib import inbox
from rollouts.lib.clock import database_now
from rollouts.plans.models import Change, Rollout
from rollouts.plans.values import RolloutState

ENDED = [state.value for state in RolloutState if state.ended]


class Glance:
    """One look at the first page: at `everything`, or what is the reader's; `arriving`, or at one panel."""

    def __init__(self, person: Person, now: datetime, *, everything: bool, arriving: bool) -> None:
        self.person = person
        self.now = now
        self.everything = everything
        self.arriving = arriving

    @cached_property
    def items(self) -> list[inbox.Item]:
        """What needs the person, most urgent first."""
        return inbox.items_for(self.person, self.now)

    @property
    def counted(self) -> int:
        """How many things need the person, once a panel has asked."""
        return len(self.items) if "items" in self.__dict__ else 0

    @property
    def seen(self) -> QuerySet[Rollout]:
        """Every rollout that the person may see: theirs, or all."""
        rows = Rollout.objects.accessible_to(self.person)
        return rows if self.everything else rows.filter(mine(self.person))

    @property
    def open(self) -> QuerySet[Rollout]:
        """Those that have not ended."""
        return self.seen.exclude(state__in=ENDED)

    @cached_property
    def since(self) -> datetime | None:
        """When the visit before this one ended. Opening the page is a visit, asking for one panel is not."""
        if self.arriving:
            services.visit(self.person, self.now)
        return accounts.last_visit_ended_at(self.person.pk)


def glance_of(request: HttpRequest, *, arriving: bool = False) -> Glance:
    """The look that a request asks for: `?show=all` for more than what is the person's."""
    everything = request.GET.get("show") == "all"
    return Glance(person_of(request), database_now(), everything=everything, arriving=arriving)


def mine(person: Person) -> Q:
    """Rollouts whose owner the person is, or in which a team of theirs plans or has a service.

    Asked row by row, newest first: the page ends the search, not the number of rollouts.
    """
    teams = Membership.objects.filter(person=person).values("team")
    inside = Change.objects.filter(rollout=OuterRef("pk"), service__team__in=teams)
    return Q(owner=person) | Q(team__in=teams) | Q(Exists(inside))
