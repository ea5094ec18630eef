"""Who may write, judge and close a review."""

from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.audit.values import Actor
from rollouts.lib.refusals import Refusal
from rollouts.plans.queries import owning_teams
from rollouts.reviews.models import Review
from rollouts.reviews.values import Rights


class Refused(Refusal):
    """Nothing was changed."""


def person_of(actor: Actor) -> Person:
    """The person who acts. Raises Refused."""
    found = (
        Person.objects.filter(pk=int(actor.id), is_active=True).first() if actor.kind == "person" else None
    )
    if found is None:
        raise Refused("no_person", "Only a person can change a review.", "Sign in as one.")
    return found


def rights_of(person: Person, review: Review, roles: dict[str, set[str]] | None = None) -> Rights:
    """Writing: the author, planners of the owning team, and admins of the installation. Judging: approvers
    and planners of a team that owns the rollout or a service in it, but neither the author nor the submitter.
    """
    held = held_roles(person.pk) if roles is None else roles
    rollout = review.rollout
    edit = person.is_staff or review.author_id == person.pk or "planner" in held.get(rollout.team.slug, set())
    teams = owning_teams(rollout) | {rollout.team.slug}
    able = any({"approver", "planner"} & held.get(team, set()) for team in teams)
    conflicted = review.author_id == person.pk or review.submitter_ref == str(person.pk)
    return Rights(edit=edit, judge=able and not conflicted)


def require_edit(person: Person, review: Review, roles: dict[str, set[str]]) -> None:
    if not rights_of(person, review, roles).edit:
        raise Refused(
            "forbidden",
            "This review is not yours to write.",
            f"Its author, or a planner of {review.rollout.team}, can.",
        )


def require_judge(person: Person, review: Review, roles: dict[str, set[str]]) -> None:
    """Another person than the author and the one who submitted it."""
    if str(person.pk) in (str(review.author_id), review.submitter_ref):
        raise Refused(
            "own_review",
            "Nobody reviews a review of their own.",
            "Ask another approver or planner of a team that owns a service in the rollout.",
        )
    if not rights_of(person, review, roles).judge:
        raise Refused(
            "forbidden",
            "This review is not yours to judge.",
            "It takes an approver or planner of a team that owns the rollout or a service in it.",
        )
