"""The kind `exposure`: what was granted against the measured share of traffic, for each change of a stage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollouts.gates.judges.exposure import Exposure as Judge
from rollouts.gates.judges.exposure import Reading, reading
from rollouts.gates.judges.protocol import JudgedWindow, Opinion
from rollouts.gates.kinds import measuring, sides
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.health.queries import Pair, grids
from rollouts.health.readings import Grid
from rollouts.health.values import Signal
from rollouts.plans.models import Change

SEVERITY = (Word.FAIL, Word.NO_DATA, Word.INCONCLUSIVE, Word.PENDING, Word.PASS)


@dataclass(frozen=True)
class Share:
    """One share to compare: of a change's new version among some callers."""

    key: str
    what: str
    change: Change
    granted: float
    callers: tuple[str, ...] | None = None
    but_callers: tuple[str, ...] = ()


class Exposure:
    """The worst of the shares is the gate's word; their sentences are put together."""

    name = "exposure"
    measured = True

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        begins = {gate.pk: measuring.since(gate, context.rollout(gate)) for gate in gates}
        pairs = {measuring.pair_of(change) for gate in gates for change in changes_of(gate, context)}
        first = min((measuring.resume_at(gate, begins[gate.pk]) for gate in gates), default=context.now)
        found = grids(pairs, since=first, signals=(Signal.ERRORS,)) if pairs else {}
        return {gate.pk: _ruling(gate, found, begins[gate.pk], context) for gate in gates}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """See GateKind."""
        pairs = [measuring.pair_of(change) for change in changes_of(gate, context)]
        return measuring.due_times(gate, [(*pair, "") for pair in pairs], context)


def changes_of(gate: Gate, context: Context) -> list[Change]:
    """The changes with a version to be seen: of the service that the gate names, or those of its stage."""
    wanted, targets = gate.settings.get("service"), gate.settings.get("targets", ())
    return [
        change
        for change in context.changes.get(gate.rollout_id, [])
        if change.to_version and (change.name in targets) and (not wanted or change.service.slug == wanted)
    ]


def shares_of(gate: Gate, change: Change, granted: Mapping[str, Any]) -> list[Share]:
    """What is to be compared: where only some callers were granted, the others must have none."""
    given = granted.get(change.name) or {}
    share, consumers = float(given.get("percent", 0)) / 100, tuple(given.get("consumers", ()))
    name = f"{change.service.name} {change.to_version}"
    if not consumers:
        return [Share(change.name, f"The share of {name}", change, share)]
    whom = ", ".join(consumers)
    return [
        Share(change.name, f"The share of {name} among calls by {whom}", change, share, consumers),
        Share(
            f"{change.name} (others)", f"The share of {name} among other calls", change, 0.0, None, consumers
        ),
    ]


def _ruling(gate: Gate, found: Mapping[Pair, Grid], begin: datetime, context: Context) -> Ruling:
    rollout = context.rollout(gate)
    changes = changes_of(gate, context)
    if not changes:
        return Ruling(Opinion(Word.INCONCLUSIVE, "No change of the stage has a version that could be seen."))
    if any((rollout.granted.get(change.name) or {}).get("regions") for change in changes):
        return Ruling(Opinion(Word.INCONCLUSIVE, "Metrics name no regions, so that this cannot be measured."))
    before = measuring.kept(gate, begin) or {}
    states: dict[str, Any] = {}
    opinions: dict[str, Opinion] = {}
    for change in changes:
        grid = found[measuring.pair_of(change)]
        for share in shares_of(gate, change, rollout.granted):
            state = before.get(share.key) or Judge().start(_settings(gate, share))
            states[share.key], opinion = Judge().update(state, _windows(gate, share, grid, begin))
            opinions[share.key] = measuring.stale(grid, begin, context.now) or _tolerant(share, opinion)
    grid = min((found[measuring.pair_of(change)] for change in changes), key=lambda each: each.through or 0)
    return Ruling(together(opinions), measuring.carried(states, begin, grid))


def _tolerant(share: Share, opinion: Opinion) -> Opinion:
    """Other callers that make no calls are no silence: there is nothing that they should not do."""
    if share.but_callers and opinion.word is Word.NO_DATA:
        return Opinion(Word.PASS, f"{share.what} is 0: nobody else called.", opinion.evidence)
    return opinion


def _settings(gate: Gate, share: Share) -> dict[str, Any]:
    return {
        "what": share.what,
        "granted": share.granted,
        "tolerance": gate.settings.get("tolerance", 5.0),
        "warm_up": gate.settings.get("warm_up", 0),
    }


def _windows(gate: Gate, share: Share, grid: Grid, begin: datetime) -> list[JudgedWindow]:
    since = -int(-measuring.resume_at(gate, begin).timestamp() // 1)
    return [
        sides.exposed(
            grid,
            start,
            versions=measuring.canary_versions(share.change),
            callers=share.callers,
            but_callers=share.but_callers,
        )
        for start in grid.starts(since)
    ]


def together(opinions: Mapping[str, Opinion]) -> Opinion:
    """The worst word, the sentences of those that say it, and all evidence."""
    word = min((opinion.word for opinion in opinions.values()), key=SEVERITY.index)
    said = dict.fromkeys(opinion.sentence for opinion in opinions.values() if opinion.word is word)
    evidence = {"shares": {key: opinion.evidence for key, opinion in opinions.items()}}
    return Opinion(word, " ".join(said), evidence)


def measured(changes: Collection[Change], *, since: datetime) -> Reading:
    """What is left of the new versions' traffic in full windows since `since`, over all changes."""
    seen = [change for change in changes if change.to_version]
    found = grids({measuring.pair_of(change) for change in seen}, since=since, signals=(Signal.ERRORS,))
    readings = []
    for change in seen:
        grid = found[measuring.pair_of(change)]
        versions = measuring.canary_versions(change)
        readings.append(reading([sides.exposed(grid, start, versions=versions) for start in grid.starts()]))
    if Reading.NOT_ZERO in readings:
        return Reading.NOT_ZERO
    return Reading.ZERO if readings and set(readings) == {Reading.ZERO} else Reading.NO_DATA
