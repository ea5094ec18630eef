"""Whether the tables say what the log says: each rollout's states rebuilt from its events alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rollouts.audit.models import Content, Event
from rollouts.decisions.machine.replay import States, rebuild
from rollouts.decisions.machine.values import HoldCause
from rollouts.plans.models import Rollout
from rollouts.plans.values import RevisionState, RolloutState, StageState

BATCH = 500


@dataclass(frozen=True)
class Replayed:
    """One rollout: how many of its events were read, and what differs, a sentence each."""

    rollout: str
    events: int
    differences: tuple[str, ...]


def replay(slug: str | None = None) -> Iterator[Replayed]:
    """Compares every rollout, or one, with its log; oldest first. "Here" is the table, "there" the log."""
    rows = Rollout.objects.order_by("pk")
    for row in (rows if slug is None else rows.filter(slug=slug)).iterator(chunk_size=200):
        events = list(_events(row.stream))
        differences = tables(row).differences(rebuild(events))
        if row.version > len(events):
            differences += (f"The newest event is {row.version} here and {len(events)} there.",)
        yield Replayed(row.slug, len(events), differences)


def tables(rollout: Rollout) -> States:
    """The states as the rows have them."""
    return States(
        rollout=RolloutState(rollout.state),
        stages={row.number: StageState(row.state) for row in rollout.stages.order_by("number")},
        revisions={row.number: RevisionState(row.state) for row in rollout.revisions.order_by("number")},
        granted=rollout.granted_stage,
        held_for=HoldCause(rollout.held_for) if rollout.held_for else None,
        extended={row.number: row.extended for row in rollout.stages.all() if row.extended},
    )


def _events(stream: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind and content of a stream's events in their order."""
    rows = list(Event.objects.filter(stream=stream).order_by("seq", "pk").values_list("pk", "kind"))
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        bodies = Content.objects.in_bulk([pk for pk, _ in batch])
        for pk, kind in batch:
            body = bodies[pk].body if pk in bodies else {}
            yield kind, body.get("content", {})
