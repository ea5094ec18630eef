"""The kind `evidence`: what the plan wants to have been tried, lately and with these builds, has passed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch

from rollouts.contracts.models import Consumer, Contract
from rollouts.evidence.models import Result
from rollouts.evidence.queries import Sought, sought
from rollouts.evidence.values import Kind
from rollouts.gates.demands import ANY, Builds, Demand, Tried, opinion, weigh
from rollouts.gates.judges.protocol import Opinion
from rollouts.gates.models import Gate
from rollouts.gates.registry import Context, Ruling
from rollouts.gates.values import Word
from rollouts.health.queries import speaking
from rollouts.plans.document.evidence import CONTRACT_TEST, FLAGS, OF_ROLLOUT, EvidenceSettings
from rollouts.plans.models import Change, Stage
from rollouts.plans.values import ChangeKind


class Evidence:
    """Five queries for a batch: stages, contracts with who relies on them (two), builds that run, results."""

    name = "evidence"
    measured = False

    def judge(self, gates: Collection[Gate], context: Context) -> Mapping[int, Ruling]:
        """See GateKind."""
        asked = [(gate, EvidenceSettings.read(gate.settings)) for gate in gates]
        reached = _reached(gates)
        contracts = _contracts({settings.contract for _gate, settings in asked} - {""})
        wanted = [
            _wanted(gate, settings, context, contracts.get(settings.contract), reached.get(gate.stage_id))
            for gate, settings in asked
        ]
        live = speaking.live_versions({who for each in wanted for who in each.services})
        found = sought([each.sought for each in wanted])
        return {each.gate.pk: Ruling(_opinion(each, found, live, context)) for each in wanted}

    def due_times(self, gate: Gate, context: Context) -> Collection[datetime]:
        """When a result that it rests on counts no more."""
        known = [datetime.fromisoformat(at) for at in gate.evidence.get("due", ())]
        return [at for at in known if at > context.now]


@dataclass(frozen=True)
class Relying:
    """A contract's provider and who relies on it, by their slugs."""

    provider: str
    consumers: tuple[str, ...]


def _contracts(slugs: Collection[str]) -> dict[str, Relying]:
    """Two queries, or none."""
    if not slugs:
        return {}
    present = Consumer.objects.filter(gone_at__isnull=True).select_related("service")
    rows = Contract.objects.filter(slug__in=slugs, gone_at__isnull=True).select_related("provider")
    return {
        row.slug: Relying(row.provider.slug, tuple(each.service.slug for each in row.consumers.all()))
        for row in rows.prefetch_related(Prefetch("consumers", present.order_by("service__slug", "pk")))
    }


@dataclass(frozen=True)
class _Wanted:
    """A gate with what it asks for. `who`: services, or one empty name for the rollout as a whole."""

    gate: Gate
    settings: EvidenceSettings
    changes: tuple[Change, ...]
    contract: Relying | None
    who: tuple[str, ...]
    sought: Sought

    @property
    def services(self) -> set[str]:
        """Services whose builds count."""
        provider = {self.contract.provider} if self.contract else set()
        return {*self.who, *provider} - {""}


def _reached(gates: Collection[Gate]) -> dict[int, frozenset[str]]:
    """The consumers that stages reach, by the stage's key, where these name some. One query."""
    rows = Stage.objects.filter(pk__in={gate.stage_id for gate in gates}).values_list("pk", "exposure")
    return {pk: frozenset(exposure["consumers"]) for pk, exposure in rows if exposure.get("consumers")}


def _wanted(
    gate: Gate,
    settings: EvidenceSettings,
    context: Context,
    contract: Relying | None,
    reached: frozenset[str] | None,
) -> _Wanted:
    changes = tuple(context.changes.get(gate.rollout_id, ()))
    targets = gate.settings.get("targets", ())
    changed = tuple(dict.fromkeys(change.service.slug for change in changes if change.name in targets))
    who = _who(settings, contract, reached, changed)
    loosely = frozenset(changed) if settings.kind == FLAGS and who == ("",) else frozenset()
    return _Wanted(
        gate, settings, changes, contract, who,
        Sought(
            settings.kind, rollout=gate.rollout_id, stage=gate.stage.name, contract=settings.contract,
            version=settings.version, environment=settings.environment, services=frozenset(who) | loosely,
        ),
    )  # fmt: skip


def _who(
    settings: EvidenceSettings,
    contract: Relying | None,
    reached: frozenset[str] | None,
    changed: tuple[str, ...],
) -> tuple[str, ...]:
    """Who has to have tried it."""
    if settings.kind in OF_ROLLOUT:
        return ("",)
    if settings.consumers is not None:
        return settings.consumers
    if settings.contract:
        named = contract.consumers if contract else ()
        return tuple(each for each in named if reached is None or each in reached)
    return ("",) if settings.kind == FLAGS else changed


def _opinion(
    wanted: _Wanted,
    found: Mapping[Sought, Mapping[str, Sequence[Result]]],
    live: Mapping[str, Mapping[str, speaking.Live]],
    context: Context,
) -> Opinion:
    settings = wanted.settings
    if settings.contract and wanted.contract is None:
        said = f"There is no contract named {settings.contract}."
        return Opinion(Word.INCONCLUSIVE, said, {"remedy": "Declare it, or correct the plan."})
    results = found.get(wanted.sought, {})
    provider = _builds(wanted.contract.provider, wanted, live) if wanted.contract else ANY
    lines = [
        weigh(
            Demand(
                _what(settings, who, flags), who, flags, settings.within,
                builds=_builds(who, wanted, live) if who else ANY, provider=provider,
            ),
            map(_tried, results.get(who, ())),
            context.now,
        )
        for who in wanted.who
        for flags in settings.flags or ({},)
    ]  # fmt: skip
    nobody = "Nobody that the stage reaches relies on it, so nothing has to be tried."
    if settings.kind != CONTRACT_TEST:
        nobody = "No service of the stage has to try it."
    return opinion(lines, nobody)


def _tried(row: Result) -> Tried:
    return Tried(
        row.pk, row.passed, row.at, row.expires_at, row.build, row.provider_build, row.flags
    )  # fmt: skip


def _what(settings: EvidenceSettings, who: str, flags: Mapping[str, object]) -> str:
    """The demand in words."""
    words = Kind(settings.kind).label.lower()
    if flags:
        words += f" with {', '.join(f'{name} {_spelt(value)}' for name, value in flags.items())}"
    if who:
        words += f" of {who}"
    if settings.contract:
        words += f" against {settings.contract} {settings.version}"
    if settings.environment:
        words += f" in {settings.environment}"
    return words


def _spelt(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _builds(service: str, wanted: _Wanted, live: Mapping[str, Mapping[str, speaking.Live]]) -> Builds:
    """The build that the rollout brings, else those that run where it changes something."""
    mine = [
        change
        for change in wanted.changes
        if change.service.slug == service and change.kind == ChangeKind.BUILD and change.to_version
    ]
    places = live.get(service, {})
    known = {build for place in places.values() for build in place.known}
    if mine:
        coming = frozenset(change.to_version for change in mine)
        known |= {change.from_version for change in mine if change.from_version} | coming
        return Builds(coming, frozenset(known))
    here = {change.environment.slug for change in wanted.changes}
    running = {build for name, place in places.items() if name in here for build in place.live}
    return Builds(frozenset(running), frozenset(known)) if running else ANY
