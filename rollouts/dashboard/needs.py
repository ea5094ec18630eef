"""What decisions need from a person: votes that are asked for, and rollouts that stopped or wait for them."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from rollouts.accounts.models import Person, Team
from rollouts.accounts.queries import held_roles
from rollouts.approvals.models import PLAN, Request
from rollouts.approvals.queries import request_outcome, voting_teams
from rollouts.approvals.values import Outcome, Standing
from rollouts.dashboard import wording
from rollouts.dashboard.parts.deciding import address
from rollouts.dashboard.parts.votes import heard
from rollouts.decisions.queries import Action
from rollouts.lib.inbox import Item, Step
from rollouts.plans.models import Change, Rollout, Stage
from rollouts.plans.values import RolloutState, StageState

MOST = 100
APPROVERS = ("halted", "rollback_failed", "held")
Roles = Mapping[str, set[str]]


def votes(person: Person, now: datetime) -> list[Item]:
    """Open requests on which the person may vote and has not."""
    held = held_roles(person.pk)
    found: list[tuple[Request, Outcome, frozenset[str]]] = []
    for request in asked(person):
        if any(vote.person_id == person.pk and vote.voided_at is None for vote in request.votes.all()):
            continue
        teams = voting_teams(request, held, owning=owning(request.rollout))
        outcome = request_outcome(request, now=now)
        authors = {request.revision.author_ref}
        if teams and outcome.standing is Standing.OPEN and str(person.pk) not in authors:
            found.append((request, outcome, teams))
    slugs = {team for _request, outcome, teams in found for team in teams | outcome.missing_teams}
    names = dict(Team.objects.filter(slug__in=slugs).values_list("slug", "name"))
    return [vote_item(request, heard(outcome, names), teams, names, now) for request, outcome, teams in found]


def asked(person: Person) -> list[Request]:
    """Open requests of rollouts that the person may see and that still move, the soonest to expire first."""
    ended = [state.value for state in RolloutState if state.ended]
    seen = Rollout.objects.accessible_to(person).exclude(state__in=ended).values("pk")
    found = (
        Request.objects.open()
        .filter(rollout__in=seen)
        .select_related("rollout__team", "rollout__owner", "revision")
        .defer("revision__document", "revision__source")
        .prefetch_related("votes__person", "rollout__changes__service__team", "rollout__stages")
    )
    return list(found.order_by("expires_at", "pk")[:MOST])


def owning(rollout: Rollout) -> set[str]:
    """Slugs of the teams that own a service in it, from what was read with it."""
    return {change.service.team.slug for change in rollout.changes.all()}


def vote_item(
    request: Request, standing: str, teams: frozenset[str], names: Mapping[str, str], now: datetime
) -> Item:
    """One vote that is asked for."""
    row = request.rollout
    stage = next((each for each in row.stages.all() if each.number == request.stage), None)
    words = {"title": row.title, "n": request.revision.number, "stage": request.stage}
    title = _("%(title)s: approve revision %(n)s") % words
    if request.stage != PLAN:
        named = {**words, "name": stage.title or stage.name if stage else ""}
        title = (
            _("%(title)s: approve stage %(stage)s, %(name)s") if stage else _("%(title)s: approve completion")
        )
        title %= named
    asks = _("%(name)s asks.") % {"name": row.owner.name} if row.owner else ""
    sentence = _("%(standing)s You vote for %(teams)s.") % {
        "standing": standing,
        "teams": ", ".join(names.get(team, team) for team in sorted(teams)),
    }
    if row.state == RolloutState.HALTED:
        sentence = _("The rollout is halted; a vote counts once it is resumed. %(rest)s") % {"rest": sentence}
    until = ""
    if request.expires_at:
        at = wording.moment(request.expires_at, now=now)
        until = _("Request expires %(at)s") % {"at": at}
    review = f"{reverse('dashboard:approval', args=[row.slug])}?stage={request.stage}"
    return Item(
        # What stopped it comes first: a vote on the next stage moves nothing until it is resumed.
        urgency=4 if row.state == RolloutState.HALTED and request.stage != PLAN else 2,
        tone="wait",
        icon="approval",
        title=title,
        href=row.get_absolute_url(),
        sentence=f"{sentence} {asks}".strip(),
        until=until,
        until_note=wording.relative(request.expires_at, now) if request.expires_at else "",
        until_at=request.expires_at,
        steps=(Step(_("Review"), review, "go", "approval"), Step(_("Open"), row.get_absolute_url())),
    )


def decisions(person: Person, now: datetime) -> list[Item]:
    """Rollouts of the person's teams that stopped, or whose next step is theirs to take."""
    held = held_roles(person.pk)
    found = [item(row, person, held, now) for row in standing_still(person, set(held))]
    return [each for each in found if each is not None]


def standing_still(person: Person, teams: set[str]) -> list[Rollout]:
    """Rollouts of these teams in which somebody has to do something."""
    owned = Team.objects.filter(slug__in=teams).values("pk")
    inside = Change.objects.filter(rollout=OuterRef("pk"), service__team__in=owned)
    ready = Stage.objects.filter(rollout=OuterRef("pk"), state=StageState.READY)
    wanted = Q(state__in=[*APPROVERS, "approved"]) | Q(state="draft", owner=person)
    wanted |= Q(Exists(ready), state="running")
    mine = Q(team__in=owned) | Q(Exists(inside))
    found = Rollout.objects.accessible_to(person).filter(mine, wanted).select_related("team")
    found = found.prefetch_related("changes__service__team", "stages", "requests")
    return list(found.order_by("-state_since_at", "-pk")[:MOST])


def item(row: Rollout, person: Person, held: Roles, now: datetime) -> Item | None:
    """What a rollout wants of somebody with these roles, if anything."""
    planner = "planner" in held.get(row.team.slug, ())
    approver = any("approver" in held.get(team, ()) for team in owning(row))
    if row.state in APPROVERS and (planner or approver):
        return stopped(row, now)
    if row.state == RolloutState.APPROVED and planner:
        sentence = _("The plan is approved; nothing has begun.")
        return step(
            row, _("Start %(title)s"), sentence, Step(_("Start"), address(row.slug, Action.START), "go")
        )
    if row.state == RolloutState.DRAFT and planner:
        sentence = _("The plan is a draft that nobody was asked about.")
        return step(
            row, _("Propose %(title)s"), sentence, Step(_("Propose"), address(row.slug, Action.PROPOSE)), 7
        )
    return onward(row, planner, approver) if row.state == RolloutState.RUNNING else None


def stopped(row: Rollout, now: datetime) -> Item:
    """A rollout that was halted or held, or whose rollback failed."""
    words = {"title": row.title, "at": wording.moment(row.state_since_at, now=now)}
    title, sentence, tone, icon = {
        "halted": (_("%(title)s is halted"), _("Since %(at)s. Resume it, or roll it back."), "stop", "halt"),
        "held": (_("%(title)s is held"), _("Since %(at)s. What was granted stays granted."), "wait", "held"),
    }.get(
        row.state,
        (_("The rollback of %(title)s failed"), _("Since %(at)s. Exposure has not read 0."), "stop", "back"),
    )  # fmt: skip
    return Item(
        urgency=3 if row.state == "held" else 1,
        tone=tone,
        icon=icon,
        title=title % words,
        href=row.get_absolute_url(),
        sentence=sentence % words,
        until=wording.relative(row.state_since_at, now),
        steps=(Step(_("Decide"), row.get_absolute_url(), "go"),),
    )


def onward(row: Rollout, planner: bool, approver: bool) -> Item | None:
    """A stage that is ready: promote the next, or complete. An open approval comes first."""
    if any(request.settled_at is None for request in row.requests.all()):
        return None
    upcoming = min(
        (each.number for each in row.stages.all() if each.state == StageState.PENDING), default=None
    )
    if upcoming and approver:
        href = address(row.slug, Action.PROMOTE, upcoming)
        sentence = _("Stage %(n)s can be entered now.") % {"n": upcoming}
        return step(row, _("Promote %(title)s"), sentence, Step(_("Promote"), href, "go", "arrow"))
    if upcoming is None and planner:
        href = address(row.slug, Action.COMPLETE)
        sentence = _("The last stage is ready.")
        return step(row, _("Complete %(title)s"), sentence, Step(_("Complete"), href, "go", "pass"))
    return None


def step(row: Rollout, title: str, sentence: str, first: Step, urgency: int = 3) -> Item:
    """An item with one step that is the reader's."""
    return Item(
        urgency=urgency,
        tone="wait" if urgency < 7 else "none",
        icon="arrow" if urgency < 7 else "edit",
        title=title % {"title": row.title},
        href=row.get_absolute_url(),
        sentence=sentence,
        steps=(first, Step(_("Open"), row.get_absolute_url())),
    )
