"""Who asks for a page, and which rollout and revision they mean."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from rollouts.accounts.models import Membership, Person
from rollouts.accounts.values import Role
from rollouts.plans.models import Revision, Rollout


def person_of(request: HttpRequest) -> Person:
    assert isinstance(request.user, Person)  # noqa: S101 - login_required stands before every caller
    return request.user


def rollout_of(request: HttpRequest, slug: str) -> Rollout:
    """The rollout, if the person may see it."""
    rows = Rollout.objects.accessible_to(person_of(request)).select_related(
        "team", "environment", "owner", "in_force"
    )
    return get_object_or_404(rows, slug=slug)


def revision_of(rollout: Rollout, number: str | None) -> Revision:
    """The revision of that number, or the newest."""
    rows = rollout.revisions.select_related("author").order_by("-number")
    if number is None:
        found = rows.first()
    else:
        found = rows.filter(number=int(number)).first() if number.isdecimal() else None
    if found is None:
        raise Http404(_("There is no such revision."))
    return found


def plans_for_team(person: Person, team_id: int) -> bool:
    """Whether the person is a planner of the team, so that a page offers to save."""
    return Membership.objects.filter(person=person, team_id=team_id, role=Role.PLANNER).exists()
