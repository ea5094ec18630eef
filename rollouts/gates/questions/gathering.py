"""Reads what many questions need, in a number of queries that does not grow with them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rollouts.catalog.models import Environment, Service
from rollouts.contracts.models import Consumer, ContractVersion
from rollouts.contracts.queries import Feeling, Ground, Known, Move, Standing, feelings, grounds
from rollouts.contracts.questions.values import Asked, Evidence, Question, Unanswerable
from rollouts.contracts.values import MESSAGES, Readiness
from rollouts.evidence.queries import results_of
from rollouts.gates.questions import returning
from rollouts.gates.questions.returning import Return
from rollouts.health.queries import speaking

Key = tuple[str, str]
"""A contract and a version."""


@dataclass(frozen=True)
class Subject:
    """One question with the rows that it is about, and who was seen to consume."""

    asked: Asked
    ground: Ground
    version: ContractVersion
    seen: Mapping[str, speaking.Guess]

    @property
    def key(self) -> Key:
        return self.asked.contract, self.asked.version

    @property
    def next_version(self) -> str:
        """The version for which consumers have to be ready."""
        promotes = self.asked.question is Question.PROMOTE
        return self.version.version if promotes else self.ground.following(self.version)


@dataclass(frozen=True)
class Gathered:
    """What is known around some questions. `faults`: those that cannot be asked, by their place."""

    now: datetime
    subjects: Mapping[int, Subject]
    faults: Mapping[int, Unanswerable] = field(default_factory=dict)
    felt: Mapping[int, Feeling] = field(default_factory=dict)
    standings: Mapping[int, Mapping[str, Standing]] = field(default_factory=dict)
    results: Mapping[Key, Mapping[str, Sequence[Evidence]]] = field(default_factory=dict)
    heard: Mapping[str, Sequence[speaking.Heard]] = field(default_factory=dict)
    covered: Mapping[Key, speaking.Covered] = field(default_factory=dict)
    builds: Mapping[str, Mapping[str, speaking.Live]] = field(default_factory=dict)
    returns: Sequence[Return] = ()
    owners: Mapping[str, str] = field(default_factory=dict)


def gather(asked: Sequence[Asked], now: datetime, *, make: bool) -> Gathered:
    """Everything around these questions. `make`: documents that nobody compared yet are compared now."""
    there = grounds({each.contract for each in asked})
    names = _names(asked)
    edges = speaking.edges_of({ground.contract.provider.slug for ground in there.values()})
    no_edges = speaking.dismissed()
    subjects: dict[int, Subject] = {}
    faults: dict[int, Unanswerable] = {}
    for place, each in enumerate(asked):
        try:
            _require_known(each, names)
            subjects[place] = _subject(each, there, edges, no_edges, now)
        except Unanswerable as fault:
            faults[place] = fault
    promoting = {place: one for place, one in subjects.items() if one.asked.question is Question.PROMOTE}
    retiring = [one for one in subjects.values() if one.asked.question is Question.RETIRE]
    # Contracts of which nothing is asked about calls are looked at for the last hour only.
    days = {one.asked.contract: quiet(one) for one in (*promoting.values(), *retiring)}
    services = {name for one in subjects.values() for name in (*one.ground.consumers, *one.seen)}
    moves = [Move(one.ground, one.version, _spoken(one)) for one in promoting.values()]
    heard: dict[str, list[speaking.Heard]] = {}
    for row in speaking.heard(days, now):
        heard.setdefault(row.contract, []).append(row)
    return Gathered(
        now=now,
        subjects=subjects,
        faults=faults,
        felt=dict(zip(promoting, feelings(moves, make=make), strict=True)),
        standings=_standings(subjects, now),
        results=results_of({one.key for one in promoting.values()}),
        heard=heard,
        covered=speaking.covered({one.asked.contract: quiet(one) for one in retiring}, now),
        builds=speaking.live_versions(services if promoting else ()),
        returns=returning.returns({one.asked.contract for one in retiring}),
        owners=_owners(services),
    )


def _names(asked: Sequence[Asked]) -> tuple[set[str], set[str]]:
    """Of the services and environments that are named, those that are there."""
    services = {name for each in asked for name in each.consumers or ()}
    environments = {each.environment for each in asked} - {""}
    return (
        set(Service.objects.filter(slug__in=services).values_list("slug", flat=True)) if services else set(),
        set(Environment.objects.filter(slug__in=environments).values_list("slug", flat=True))
        if environments
        else set(),
    )


def _require_known(asked: Asked, names: tuple[set[str], set[str]]) -> None:
    """A name that nothing has would leave everybody out, and nobody would be asked."""
    services, environments = names
    for name in sorted(asked.consumers or ()):
        if name not in services:
            raise Unanswerable(f"There is no service named {name}.", "Name services as the catalog does.")
    if asked.environment and asked.environment not in environments:
        raise Unanswerable(
            f"There is no environment named {asked.environment}.", "Name one as the catalog does."
        )


def quiet(subject: Subject) -> timedelta:
    """How long a version has to be without a call, by the rules of the contract."""
    return timedelta(days=subject.ground.rules.quiet_days)


def _subject(
    asked: Asked,
    there: Mapping[str, Ground],
    edges: Sequence[speaking.Edge],
    no_edges: Collection[tuple[str, str]],
    now: datetime,
) -> Subject:
    ground = there.get(asked.contract)
    if ground is None:
        raise Unanswerable(
            f"There is no contract named {asked.contract}.", "Name one as it stands in addresses."
        )
    version = ground.version(asked.version)
    if version is None:
        known = ", ".join(row.version for row in ground.versions[:20]) or "none yet"
        raise Unanswerable(
            f"{asked.contract} has no version {asked.version}.",
            f"Its versions: {known}. Add it, or name one.",
        )
    contract = ground.contract
    about = speaking.About(
        contract.slug,
        contract.provider.slug,
        contract.format in MESSAGES,
        ground.others - ground.consumers.keys(),
        ground.calls_out,
        no_edges,
    )
    return Subject(asked, ground, version, speaking.guesses(edges, about, now, environment=asked.environment))


def _spoken(subject: Subject) -> dict[str, frozenset[str]]:
    return {name: guess.versions for name, guess in subject.seen.items()}


def _standings(subjects: Mapping[int, Subject], now: datetime) -> dict[int, dict[str, Standing]]:
    """How ready the declared consumers of each question are."""
    rows = {row.pk: row for one in subjects.values() for row in one.ground.consumers.values()}
    known = Known(list(rows.values()), now=now)
    return {
        place: {name: _standing(one, row, known) for name, row in one.ground.consumers.items()}
        for place, one in subjects.items()
    }


def _standing(one: Subject, row: Consumer, known: Known) -> Standing:
    """For the version that is promoted; of one that is retired for any later, if it has migrated to that."""
    if one.asked.question is Question.RETIRE:
        for version in one.ground.later(one.version):
            standing = known.standing(row, version)
            if standing.readiness is Readiness.MIGRATED:
                return standing
    return known.standing(row, one.next_version)


def _owners(services: Collection[str]) -> dict[str, str]:
    """The names of the teams that own services."""
    rows = Service.objects.filter(slug__in=services, gone_at__isnull=True)
    return dict(rows.order_by("pk").values_list("slug", "team__name"))
