"""Parts of contracts that were seen in use: written beside what is declared, which they never remove."""

from collections.abc import Collection

from django.db import transaction

from rollouts.catalog.models import Service
from rollouts.contracts.models import Contract
from rollouts.contracts.using.models import Use
from rollouts.contracts.values import Used, UseSource


@transaction.atomic
def note_used(seen: Collection[Used]) -> int:
    """Writes when parts were seen first and last, and says of how many; the same again changes nothing.

    What somebody marked as gone and is seen afterwards comes back, as seen. Slugs that are nowhere are left
    out. It is a measurement, and stands in no log.
    """
    services = dict(Service.objects.filter(slug__in={one.service for one in seen}).values_list("slug", "pk"))
    contracts = dict(
        Contract.objects.filter(slug__in={one.contract for one in seen}).values_list("slug", "pk")
    )
    wanted = {
        (services[one.service], contracts[one.contract], one.operation, one.field, one.type): one
        for one in seen
        if one.service in services and one.contract in contracts
    }
    known = {
        (row.service_id, row.contract_id, *row.key): row
        for row in Use.objects.select_for_update()
        .filter(service__in=set(services.values()), contract__in=set(contracts.values()))
        .order_by("pk")
    }
    new, changed = [], []
    for key, one in sorted(wanted.items()):
        row = known.get(key)
        if row is None:
            service, contract, operation, field, of_type = key
            row = Use(
                service_id=service, contract_id=contract, operation=operation, field=field, type=of_type
            )
            row.source, row.first_seen_at, row.last_seen_at = UseSource.OBSERVED, one.first_at, one.last_at
            new.append(row)
        elif _brought_on(row, one):
            changed.append(row)
    Use.objects.bulk_create(new, batch_size=2000)
    Use.objects.bulk_update(changed, ["first_seen_at", "last_seen_at", "gone_at", "source"], batch_size=2000)
    return len(wanted)


def _brought_on(row: Use, one: Used) -> bool:
    """Whether the row says something new after this."""
    before = row.first_seen_at, row.last_seen_at, row.gone_at
    row.first_seen_at = min(row.first_seen_at or one.first_at, one.first_at)
    row.last_seen_at = max(row.last_seen_at or one.last_at, one.last_at)
    if row.gone_at is not None and one.last_at > row.gone_at:
        row.gone_at, row.source = None, UseSource.OBSERVED
    return before != (row.first_seen_at, row.last_seen_at, row.gone_at)
