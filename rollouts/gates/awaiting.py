"""Evidence gates are judged again soon: when a result of their kind is recorded."""

from rollouts.audit.values import EventView
from rollouts.gates.models import Gate
from rollouts.gates.questions.following import look_again
from rollouts.lib.clock import database_now
from rollouts.plans.values import ENDED

KIND = "evidence"
RECORDED = ("evidence.recorded", "rollout.evidence_recorded")


def wants(kind: str) -> bool:
    """See Follower."""
    return kind in RECORDED


def follow(event: EventView) -> None:
    """The rollouts that wait for, or rest on, results of this kind are looked at with the next tick."""
    gates = Gate.objects.present().filter(kind=KIND, settings__kind=event.content.get("kind"))
    rows = gates.exclude(rollout__state__in=[each.value for each in ENDED])
    look_again(rows.values_list("rollout_id", flat=True), database_now())
