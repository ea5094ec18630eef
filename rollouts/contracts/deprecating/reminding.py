"""Reminds owners of consumers that a version ends: 30, 7 and 1 day before, once each."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.contracts.deprecating.reading import left
from rollouts.contracts.models import Consumer, ContractVersion, Deprecation, Reminded
from rollouts.lib.clock import database_now

BEFORE = (1, 7, 30)
"""Days before the last day, the fewest first."""


def due(now: datetime, limit: int) -> Sequence[int]:
    """Versions of whose end somebody is to be told now."""
    today = now.date()
    rows = ContractVersion.objects.filter(
        state="deprecated", gone_at__isnull=True, contract__gone_at__isnull=True, sunset_on__gte=today
    )
    found: list[int] = []
    for days in BEFORE:
        told = Reminded.objects.filter(
            version=OuterRef("pk"), sunset_on=OuterRef("sunset_on"), days__lte=days
        )
        waiting = rows.filter(~Exists(told), sunset_on__lte=today + timedelta(days=days)).exclude(
            pk__in=found
        )
        found += waiting.order_by(F("sunset_on").asc(), "pk").values_list("pk", flat=True)[:limit]
    return found[:limit]


def remind(pk: int) -> None:
    """Tells the owners of each consumer that has not moved. Safe to run twice at once."""
    with transaction.atomic(durable=True):
        rows = ContractVersion.objects.select_for_update(of=("self",), skip_locked=True)
        version = rows.select_related("contract__provider").filter(pk=pk).first()
        now = database_now()
        if version is None or version.state != "deprecated" or version.sunset_on is None:
            return
        ahead = (version.sunset_on - now.date()).days
        days = next((each for each in BEFORE if 0 <= ahead <= each), None)
        told = version.reminded.filter(sunset_on=version.sunset_on, days__lte=days or 0)
        if days is None or told.exists():
            return
        Reminded.objects.create(version=version, sunset_on=version.sunset_on, days=days, at=now)
        for consumer in left(version):
            _tell(version, consumer, ahead, now)


def _tell(version: ContractVersion, consumer: Consumer, ahead: int, now: datetime) -> None:
    contract, service = version.contract, consumer.service
    end = Deprecation.objects.filter(version=version).select_related("successor").first()
    successor = end.successor.version if end and end.successor else ""
    when = {0: "today", 1: "tomorrow"}.get(ahead, f"in {ahead} days")
    audit.append(
        stream=f"service:{service.slug}",
        kind="contract.sunset_near",
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "contract": contract.slug,
            "version": version.version,
            "service": service.slug,
            "team": service.team.slug,
            "sunset": str(version.sunset_on),
            "days": ahead,
            "successor": successor,
            "readiness": consumer.standing.readiness.value,
            "notes": end.notes[:1_000] if end else "",
            "sentence": f"{contract.name} {version.version} ends {when}, and {service.name} relies on it.",
        },
        at=now,
    )
