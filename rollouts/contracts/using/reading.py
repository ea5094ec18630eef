"""Which parts of contracts are used, and by whom."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from rollouts.contracts.models import Consumer
from rollouts.contracts.using.models import Use
from rollouts.contracts.values import UseSource


def uses() -> QuerySet[Use]:
    """What holds now, as a document lists it: what was declared ends with the declaration of the consumer."""
    relies = Consumer.objects.filter(
        service=OuterRef("service"), contract=OuterRef("contract"), gone_at__isnull=True
    )
    rows = Use.objects.filter(Q(source=UseSource.OBSERVED) | Exists(relies), gone_at__isnull=True)
    return rows.order_by("operation", "type", "field", "pk")


def uses_of(contract: str, services: Collection[str] | None = None) -> dict[str, list[Use]]:
    """By service, which parts of a contract are used; of all services, or of these. One query.

    A consumer that is not in it never said which parts it uses, and may use any.
    """
    rows = uses().filter(contract__slug=contract).select_related("service")
    if services is not None:
        rows = rows.filter(service__slug__in=services)
    found: dict[str, list[Use]] = {}
    for row in rows:
        found.setdefault(row.service.slug, []).append(row)
    return found
