"""From what was gathered to the facts of each question. Reads nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from rollouts.contracts.models import ContractVersion
from rollouts.contracts.queries import Feeling, Felt, version_key
from rollouts.contracts.questions.retiring import COVERED
from rollouts.contracts.questions.values import Caller, Calls, Evidence, PromoteFacts, RetireFacts, Touch
from rollouts.contracts.values import Readiness, speaks
from rollouts.gates.questions.gathering import Gathered, Subject, quiet
from rollouts.gates.questions.returning import may_return
from rollouts.health.queries import speaking

NOTHING = Felt(Touch.COMPATIBLE)
DORMANT = 0.1
"""Who was seen with less is no consumer to be asked."""


def promote_facts(place: int, known: Gathered) -> PromoteFacts:
    """What is known when it is asked whether the version may be promoted."""
    one, rules = known.subjects[place], known.subjects[place].ground.rules
    feeling, lately = known.felt[place], last_hour(one, known)
    results = known.results.get(one.key, {})
    callers = []
    for name in consumers(one):
        felt = feeling.felt.get(name, NOTHING)
        evidence = results.get(name, ())
        callers.append(
            replace(
                caller(name, place, known),
                build=live_build(evidence, _live(name, one, known)),
                exposed=one.asked.consumers is None or name in one.asked.consumers,
                touch=felt.touch,
                touched_by=felt.by,
                calls_last_hour=lately.named.get(name, 0),
                evidence=tuple(evidence),
            )
        )
    return PromoteFacts(
        contract=one.asked.contract,
        version=one.asked.version,
        now=known.now,
        consumers=tuple(callers),
        beside=stays(one, feeling, known) if one.asked.beside is None else one.asked.beside,
        wants_evidence=rules.evidence,
        evidence_for=timedelta(days=rules.evidence_days),
        unnamed_last_hour=lately.unnamed,
    )


def retire_facts(place: int, known: Gathered) -> RetireFacts:
    """What is known when it is asked whether the version may be retired."""
    one = known.subjects[place]
    calls, covered, days = of_late(one, known), coverage(one, known), quiet(one).days
    callers = [
        replace(caller(name, place, known), excludes=one.ground.excludes(name, one.asked.version))
        for name in consumers(one, on=one.asked.version)
    ]
    returns = {
        each.slug: None
        for each in known.returns
        if each.contract == one.asked.contract
        and each.rollout != one.asked.without
        and one.asked.environment in ("", each.environment)
        and may_return(each, one.ground, one.version)
    }
    return RetireFacts(
        contract=one.asked.contract,
        version=one.asked.version,
        today=known.now.date(),
        deprecated=one.version.state in ("deprecated", "retired"),
        sunset=one.version.sunset_on,
        consumers=tuple(callers),
        calls=tuple(_told(calls)),
        coverage=round(min(1.0, covered.share), 4),
        days=days,
        quiet_days=quiet_days(one, known, calls, covered),
        returns=tuple(returns),
    )


def consumers(one: Subject, *, on: str = "") -> list[str]:
    """Who relies on it: declared, or seen and not dormant; of one version (`on`) only who spoke that."""
    seen = [
        name
        for name, guess in one.seen.items()
        if guess.confidence >= DORMANT and (not on or any(fits(spoken, on) for spoken in guess.versions))
    ]
    return sorted({*one.ground.consumers, *seen})


def caller(name: str, place: int, known: Gathered) -> Caller:
    """A consumer with its owner, how sure it is one, and how ready it is for the version to come."""
    one = known.subjects[place]
    row, guess = one.ground.consumers.get(name), one.seen.get(name)
    standing = known.standings[place].get(name)
    return Caller(
        name=name,
        owner=row.service.team.name if row else known.owners.get(name, ""),
        declared=row is not None,
        confidence=round(guess.confidence, 4) if guess and row is None else 1.0,
        readiness=standing.readiness if standing else Readiness.UNKNOWN,
    )


def fits(spoken: str, version: str) -> bool:
    """Whether calls that say this may be of the version: 2.4.1 is of 2.4, and so may 2 be."""
    return bool(speaks(spoken, [version]) or speaks(version, [spoken]))


def _added(rows: Iterable[speaking.Heard], one: Subject, what: str) -> speaking.Added:
    return speaking.added(rows, lambda row: int(getattr(row, what)), environment=one.asked.environment)


def last_hour(one: Subject, known: Gathered) -> speaking.Added:
    """Calls in the last hour on versions before the one that is to come."""
    version = one.asked.version
    rows = (
        row
        for row in known.heard.get(one.asked.contract, ())
        if not fits(row.version, version) and version_key(row.version) < version_key(version)
    )
    return _added(rows, one, "last_hour")


def of_late(one: Subject, known: Gathered) -> speaking.Added:
    """Calls on the version in the days that the rules look at."""
    rows = (row for row in known.heard.get(one.asked.contract, ()) if fits(row.version, one.asked.version))
    return _added(rows, one, "calls")


def _told(calls: speaking.Added) -> Iterable[Calls]:
    for name, many in sorted(calls.named.items()):
        yield Calls(name, many)
    if calls.unnamed:
        yield Calls("", calls.unnamed)


def coverage(one: Subject, known: Gathered) -> speaking.Covered:
    """How far calls were counted: in the environment, or in that of all where it was least."""
    here = [
        covered
        for (contract, environment), covered in known.covered.items()
        if contract == one.asked.contract and one.asked.environment in ("", environment)
    ]
    return min(here, key=lambda covered: covered.share, default=speaking.Covered())


def quiet_days(one: Subject, known: Gathered, calls: speaking.Added, covered: speaking.Covered) -> int:
    """Since when nobody called it, as far as that was counted."""
    if covered.since is None:
        return 0
    silent = known.now - max(at for at in (covered.since, calls.last_at) if at is not None)
    # Where twice the days were not counted whole, nobody knows that they were quiet.
    longest = silent.days if covered.twice >= COVERED else 2 * quiet(one).days - 1
    return min(silent.days, longest)


def _live(name: str, one: Subject, known: Gathered) -> list[speaking.Live]:
    """What runs of a service, where the question is about."""
    places = known.builds.get(name, {})
    return [live for where, live in places.items() if one.asked.environment in ("", where)]


def live_build(evidence: Sequence[Evidence], places: Sequence[speaking.Live]) -> str:
    """The build that is live, where results name builds as measurements do.

    Of several, one without a result that passed.
    """
    told = {each.build for each in evidence if each.build}
    if not any(told & place.known for place in places):
        return ""
    passed = {each.build for each in evidence if each.passed}
    live = sorted({build for place in places for build in place.live})
    return next((build for build in live if build not in passed), live[-1])


def stays(one: Subject, feeling: Feeling, known: Gathered) -> bool:
    """Whether it is announced that every older version that somebody speaks stays served for now."""
    reached = one.asked.consumers
    spoken = {
        version
        for name, felt in feeling.felt.items()
        if reached is None or name in reached
        for version in felt.older
    }
    rows = [row for version in spoken if (row := one.ground.version(version))]
    return bool(rows) and all(_promised(row, known) for row in rows)


def _promised(row: ContractVersion, known: Gathered) -> bool:
    return row.state == "deprecated" and row.sunset_on is not None and row.sunset_on >= known.now.date()
