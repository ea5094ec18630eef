"""Reads what observing gates said and what became of their rollouts, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db.models import QuerySet

from rollouts.audit import queries as audit
from rollouts.audit.values import EventView
from rollouts.gates.models import Gate, Verdict
from rollouts.gates.observing.tally import Course, Did, Occasion, Said, occasion, whole
from rollouts.gates.values import Position, Word
from rollouts.lib import learned
from rollouts.plans.models import Rollout
from rollouts.plans.values import RolloutState

KINDS = ("metric", "exposure", "composite", "health")
"""Kinds that judge the change. Calendars, votes and ticks are neither right nor wrong about it."""
TROUBLE = ("rollout.halted", "rollout.rolling_back")
RESUMED = "rollout.resumed"
MOST = 500
"""Gates of stages that are added up at most, the newest first."""
MOST_EVENTS = 5000


Rollouts: TypeAlias = "Collection[int] | QuerySet[Rollout]"


@dataclass(frozen=True)
class Observed:
    """One observing gate of one stage that was entered, and the sentence that it would have acted on."""

    gate: Gate
    occasion: Occasion
    sentence: str = ""


def observed(rollouts: Rollouts, **only: str) -> list[Observed]:
    """The observing gates of these rollouts' entered stages, newest stage first; at most `MOST`.

    `only`: fields of the gate, such as its name.
    """
    rows = Gate.objects.present().filter(
        rollout__in=_keys(rollouts), observe=True, kind__in=KINDS, stage__entered_at__isnull=False
    )
    rows = rows.filter(**only).select_related("stage", "rollout").defer("state", "evidence")
    return _occasions(list(rows.order_by("-stage__entered_at", "order", "pk")[:MOST]))


def like(gate: Gate, rollouts: Rollouts) -> list[Observed]:
    """The same for gates of this name and kind, in rollouts that change one of the same services there."""
    services = gate.rollout.changes.values("service")
    near = Rollout.objects.filter(
        pk__in=_keys(rollouts), changes__service__in=services, environment=gate.rollout.environment_id
    )
    return observed(near, name=gate.name, kind=gate.kind)


def _keys(rollouts: Rollouts) -> Any:
    return rollouts.values("pk") if isinstance(rollouts, QuerySet) else rollouts


def entire(found: Iterable[Observed]) -> dict[int, Occasion]:
    """What each rollout that observes as a whole would have done, by its id; by its required gates."""
    by_rollout: defaultdict[int, list[Occasion]] = defaultdict(list)
    for each in found:
        if each.gate.required:
            by_rollout[each.gate.rollout_id].append(each.occasion)
    observing = Rollout.objects.filter(pk__in=by_rollout, in_force__document__observe=True)
    said = {pk: whole(by_rollout[pk]) for pk in observing.values_list("pk", flat=True).order_by("pk")}
    return {pk: each for pk, each in said.items() if each is not None}


def _occasions(gates: list[Gate]) -> list[Observed]:
    rollouts = {gate.rollout_id: gate.rollout for gate in gates}
    words, sentences = _words(gates)
    troubles = _troubles(rollouts.values())
    harms = learned.harms_of(rollouts.keys()) if rollouts else {}
    found = []
    for gate in gates:
        course = _course(gate, troubles[gate.rollout.stream], harms.get(gate.rollout_id))
        entry = gate.position == Position.ENTRY
        seen = occasion(words[gate.pk], course, on_fail=gate.on_fail, entry=entry)
        spoken = sentences.get((gate.pk, seen.at), "") if seen.did is Did.STOP else ""
        found.append(Observed(gate, seen, spoken))
    return found


def _words(
    gates: Collection[Gate],
) -> tuple[Mapping[int, list[Said]], Mapping[tuple[int, datetime | None], str]]:
    """Each gate's words in their order, and its sentences by time; only changes are read."""
    words: defaultdict[int, list[Said]] = defaultdict(list)
    sentences: dict[tuple[int, datetime | None], str] = {}
    rows = Verdict.objects.filter(gate__in=gates, repeat=False).order_by("at", "pk")
    for pk, at, word, sentence in rows.values_list("gate_id", "at", "word", "sentence"):
        words[pk].append(Said(at, Word(word)))
        sentences[pk, at] = sentence
    return words, sentences


def _troubles(rollouts: Iterable[Rollout]) -> Mapping[str, list[datetime]]:
    """When each rollout was halted or rolled back, by its stream; oldest first."""
    streams = [rollout.stream for rollout in rollouts]
    events = audit.newest(streams=streams, kinds=(*TROUBLE, RESUMED), limit=MOST_EVENTS) if streams else []
    found: defaultdict[str, list[EventView]] = defaultdict(list)
    for event in sorted(events, key=lambda each: (each.stream, each.seq)):
        mine = found[event.stream]
        if event.kind in TROUBLE:
            mine.append(event)
        elif mine and mine[-1].actor.is_system and _overridden(event):
            # People went on in spite of what a gate had halted: they say that nothing was wrong.
            mine.pop()
    return defaultdict(list, {stream: [each.at for each in mine] for stream, mine in found.items()})


def _overridden(event: EventView) -> bool:
    return bool((event.content.get("moved") or {}).get("override"))


def _course(gate: Gate, troubles: Iterable[datetime], harmful: bool | None) -> Course:
    entered = gate.stage.entered_at
    assert entered is not None  # noqa: S101 - only entered stages are asked for
    return Course(
        entered_at=entered,
        left_at=gate.stage.ended_at,
        trouble_at=min((at for at in troubles if at >= entered), default=None),
        completed=gate.rollout.state == RolloutState.COMPLETED,
        harmful=harmful,
    )
