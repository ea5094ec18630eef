"""What the owner's pages read about readers: updates, feedback, and what is due."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, Q, QuerySet

from rollouts.accounts.models import Person
from rollouts.plans.models import Rollout
from rollouts.plans.queries import plan_of
from rollouts.plans.values import Visibility
from rollouts.statuspages.models import Feedback, Publication, Site, Snapshot, Update
from rollouts.statuspages.pages import reading


def may_tell(person: Person, rollout: Rollout) -> bool:
    """The rollout's owner, planners of the owning team, and the installation's admins."""
    if person.is_staff or rollout.owner_id == person.pk:
        return True
    return person.memberships.filter(team_id=rollout.team_id, role="planner").exists()


def told_by(person: Person) -> QuerySet[Rollout]:
    """Rollouts for which this person speaks to the readers."""
    planned = person.memberships.filter(role="planner").values("team")
    return Rollout.objects.filter(Q(owner=person) | Q(team__in=planned))


def updates(rollout: Rollout) -> list[Update]:
    return list(Update.objects.filter(rollout=rollout).order_by("-at", "-pk"))


def feedback(rollout: Rollout) -> list[Feedback]:
    """What readers wrote: unanswered first, concerns before the rest, the newest first."""
    rows = list(Feedback.objects.filter(rollout=rollout).order_by("-at", "-pk"))
    return sorted(rows, key=lambda row: (row.answered_at is not None, row.kind != "concern"))


def default_site() -> Site | None:
    """The site at /status/, else the first."""
    return Site.objects.order_by("-default", "slug", "pk").first()


@dataclass(frozen=True)
class Desk:
    """Where a rollout stands with its readers."""

    publication: Publication | None
    newest: Update | None
    open: int
    concerns: int
    address: str
    note: str


def desk(rollout: Rollout) -> Desk:
    rows = list(Feedback.objects.filter(rollout=rollout).open().values_list("kind", flat=True))
    return Desk(
        publication=Publication.objects.filter(rollout=rollout).first(),
        newest=Update.objects.filter(rollout=rollout).order_by("-at", "-pk").first(),
        open=len(rows),
        concerns=rows.count("concern"),
        address=address(rollout),
        note=note(rollout),
    )


def address(rollout: Rollout) -> str:
    """The path of the public page on the default site; empty where nothing is shown."""
    site = default_site()
    if site is None or rollout.visibility != Visibility.PUBLIC or not has_words(rollout):
        return ""
    return f"{site.path}{rollout.slug}/"


def has_words(rollout: Rollout) -> bool:
    revision = reading.governing(rollout)
    return revision is not None and plan_of(revision).public is not None


def note(rollout: Rollout) -> str:
    """Who sees it, in one word of the plan; empty when the page stands."""
    if rollout.visibility in (Visibility.PUBLIC, Visibility.LINK) and not has_words(rollout):
        return "no_words"
    if rollout.state == "draft":
        return "draft"
    return str(rollout.visibility)


def owed(person: Person, now: datetime) -> list[Publication]:
    """Updates that this person was asked for."""
    rows = Publication.objects.filter(asked_at__isnull=False, rollout__in=told_by(person))
    return list(rows.select_related("rollout").order_by("asked_at", "pk"))


def unanswered(person: Person) -> list[Feedback]:
    """Letters that wait for an answer of this person's rollouts, concerns first."""
    rows = Feedback.objects.open().filter(rollout__in=told_by(person)).select_related("rollout")
    return list(rows.order_by("kind", "at", "pk")[:50])


def newest_written_at() -> datetime | None:
    """When the newest public page was written; None where there is none."""
    found: datetime | None = Snapshot.objects.aggregate(at=Max("created_at"))["at"]
    return found
