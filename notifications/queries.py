"""What pages and the API show of deliveries: those of rollouts that the person may see."""

from django.db.models import OuterRef, Q, QuerySet, Subquery

from notifications.models import Delivery, DeliveryQuerySet, WebhookEndpoint
from rollouts.accounts.models import Person
from rollouts.accounts.queries import held_roles
from rollouts.lib.labels import Labelled
from rollouts.plans.models import Rollout


class Show(Labelled):
    """Which deliveries a list has. Troubled: given up, and waiting for a person."""

    TROUBLED = "troubled"
    WAITING = "waiting"
    ALL = "all"


def deliveries(person: Person, show: Show = Show.ALL) -> DeliveryQuerySet:
    """Newest first; administrators of the installation also see what belongs to no rollout."""
    rows = Delivery.objects.order_by("-pk")
    if not person.is_staff:
        seen = Rollout.objects.accessible_to(person).values("slug")
        own = Q(target__iexact=person.email)
        rows = rows.filter(rollout__in=seen).filter(~Q(way="email") | own | Q(rollout__in=mine(person)))
    if show is Show.TROUBLED:
        return rows & Delivery.objects.troubled().order_by("-pk")
    return rows & Delivery.objects.open().order_by("-pk") if show is Show.WAITING else rows


def mine(person: Person) -> list[str]:
    """Slugs of rollouts in which a team of the person's takes part."""
    teams = set(held_roles(person.pk))
    rows = Rollout.objects.filter(Q(team__slug__in=teams) | Q(changes__service__team__slug__in=teams))
    return list(rows.distinct().values_list("slug", flat=True))


def may_retry(person: Person, row: Delivery) -> bool:
    """Members of a team in the rollout, and administrators of the installation."""
    return person.is_active and (person.is_staff or row.rollout in mine(person))


def webhooks() -> QuerySet[WebhookEndpoint]:
    """All endpoints by name, each with the state, the time and the error of what it was sent last."""
    last = Delivery.objects.to_endpoint(OuterRef("pk"))
    return WebhookEndpoint.objects.annotate(
        last_state=Subquery(last.values("state")[:1]),
        last_at=Subquery(last.values("created_at")[:1]),
        last_parked_at=Subquery(last.values("parked_at")[:1]),
        last_error=Subquery(last.values("error")[:1]),
    ).order_by("name", "pk")


def names_of_webhooks() -> dict[str, str]:
    """The names of endpoints by what a delivery has as its target."""
    return {str(pk): name for pk, name in WebhookEndpoint.objects.values_list("pk", "name")}
