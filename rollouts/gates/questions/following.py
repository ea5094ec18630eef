"""Contract gates are judged again soon: when something is said about their contract, or compared for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet

from rollouts.audit.values import EventView
from rollouts.contracts.models import Contract
from rollouts.contracts.queries import compare_pair, rules_of, settings_of
from rollouts.gates.models import Gate
from rollouts.gates.values import Word
from rollouts.lib.clock import database_now
from rollouts.plans.models import Rollout
from rollouts.plans.values import ENDED, RolloutState

KIND = "contract"
LIVING = [state.value for state in RolloutState if state not in ENDED]
TELLING = ("contracts.", "contract.", "evidence.", "rollout.evidence_recorded")
"""Beginnings of the kinds of events that tell of contracts: what is declared, said, tested, documented."""


def wants(kind: str) -> bool:
    """See Follower."""
    return kind.startswith(TELLING)


def follow(event: EventView) -> None:
    """The rollouts with a gate on this contract are looked at with the next tick."""
    if contract := event.content.get("contract"):
        look_again(
            asking().filter(settings__contract=contract).values_list("rollout_id", flat=True), database_now()
        )


def asking() -> QuerySet[Gate]:
    """Contract gates of rollouts that go on: found by these, of which there are fewer than there were."""
    return Gate.objects.present().filter(kind=KIND, rollout__state__in=LIVING)


def look_again(rollouts: Iterable[int], now: datetime) -> None:
    """They are due now, unless they are anyway."""
    Rollout.objects.filter(pk__in=set(rollouts)).exclude(due_at__lte=now).update(due_at=now)


def due(now: datetime, limit: int) -> Sequence[int]:
    """Gates that wait for documents to be compared."""
    rows = asking().filter(verdict__in=[Word.INCONCLUSIVE, Word.PENDING, Word.FAIL]).order_by("pk")
    waiting = (pk for pk, evidence in rows.values_list("pk", "evidence") if evidence.get("uncompared"))
    return [pk for pk, _number in zip(waiting, range(limit), strict=False)]


def compare(pk: int) -> None:
    """Compares for one gate what nobody has compared, outside of any lock, and has the gate judged again."""
    gate = asking().filter(pk=pk).first()
    if gate is None or not (pairs := gate.evidence.get("uncompared")):
        return
    contract = Contract.objects.filter(slug=gate.settings["contract"]).first()
    if contract is None:
        return
    settings = settings_of(contract, rules_of(contract))
    for old, new in pairs:
        compare_pair((old, new), settings)
    look_again([gate.rollout_id], database_now())
