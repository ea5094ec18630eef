"""Who may move first when contracts go from one version to another: of each consumer, by what it uses."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from rollouts.contracts.documents.comparing import Settings, compare, kept_of
from rollouts.contracts.documents.difference import User, user_from
from rollouts.contracts.documents.touching import Touch
from rollouts.contracts.formats.values import Comparison, Difference, Level, Outcome
from rollouts.contracts.models import Consumer, Contract, ContractVersion
from rollouts.contracts.models import Use as UseRow
from rollouts.contracts.readiness.reading import Known
from rollouts.contracts.using.reading import uses
from rollouts.contracts.values import First, Readiness, Ruling, Rulings, Transition
from rollouts.contracts.versioning.models import Rules
from rollouts.contracts.versioning.ruling import settings_of

MOST_COMPARED = 3
"""Comparisons that one look makes, each up to ten seconds; what is over it is told as not compared yet."""
Pair = tuple[str, str, Settings]


def rulings(
    transitions: Iterable[Transition], consumers: Collection[str], *, compared: int = 0
) -> dict[Transition, Rulings]:
    """What is known of each transition, for these services as consumers; a constant number of queries.

    What was compared before is taken from the table; up to `compared` more are compared now, which takes
    seconds, so that it is 0 while a row is locked.
    """
    wanted = sorted(set(transitions))
    if not wanted:
        return {}
    slugs = {each.contract for each in wanted}
    contracts = {row.slug: row for row in Contract.objects.filter(slug__in=slugs)}
    versions = _versions(wanted)
    settings = _settings(contracts.values())
    pairs = {each: pair for each in wanted if (pair := _pair(each, versions, settings)) is not None}
    found = kept_of(pairs.values())
    for transition, pair in pairs.items():
        if pair not in found and compared > 0:
            compared -= 1
            old, new = (versions[transition.contract, one] for one in (transition.old, transition.new))
            found[pair] = compare(old.documented.document, new.documented.document, pair[2])
    users = _Users(slugs, consumers)
    told = {}
    for each in wanted:
        pair_of = pairs.get(each)
        if pair_of is None:
            told[each] = Rulings(Ruling(None, _lacking(each, versions)))
        elif pair_of in found:
            told[each] = users.rulings(each, found[pair_of], pair_of[2])
    return told


def ruling(comparison: Comparison, user: User | None, *, whole: bool, migrated: bool = False) -> Ruling:
    """Who may move first for one consumer; None as the user: for one of whom nothing is known."""
    if comparison.error:
        return Ruling(None, f"the documents could not be compared ({comparison.error.rstrip('.')})")
    first = comparison.first
    if first is None and comparison.outcome is Outcome.BREAKING:
        first = First.SPLIT
    if user is not None and (user.other or migrated):
        return Ruling(First.ANY, f"{user.slug} does not use {'it any more' if migrated else 'this version'}")
    harmful = [each for each in comparison.differences if each.level is not Level.SAFE]
    touching = [each for each in harmful if user is None or user.touch(each, whole=whole) is not Touch.NO]
    if harmful and not touching:
        return Ruling(First.ANY if first is First.CONSUMER else First.PROVIDER, "it uses nothing that breaks")
    if first in (First.PROVIDER, First.ANY):
        return Ruling(first)
    if first is None:
        return Ruling(None, f"it is undecided{_why(touching)}")
    return Ruling(first, _why(touching).removeprefix(": ") or "what was valid is valid no more")


def _why(touching: list[Difference]) -> str:
    """The worst of what touches the consumer, with the operation that it stands in."""
    order = [Level.BREAKING, Level.UNDECIDED, Level.DANGEROUS]
    worst = min(touching, key=lambda each: order.index(each.level), default=None)
    if worst is None:
        return ""
    operation = next((use.operation for use in worst.touches if use.operation), "")
    said = worst.sentence.rstrip(".")
    return f": {operation}: {said}" if operation and operation not in said else f": {said}"


Versions = dict[tuple[str, str], ContractVersion]


def _versions(wanted: Iterable[Transition]) -> Versions:
    """The named versions, with their documents but not the texts."""
    names = {name for each in wanted for name in (each.old, each.new)}
    rows = ContractVersion.objects.filter(
        contract__slug__in={each.contract for each in wanted}, version__in=names, gone_at__isnull=True
    )
    rows = rows.select_related("contract", "documented__document").defer("documented__document__text")
    return {(row.contract.slug, row.version): row for row in rows}


def _settings(contracts: Iterable[Contract]) -> dict[str, Settings]:
    rows = list(contracts)
    rules = {row.contract_id: row for row in Rules.objects.filter(contract__in=rows)}
    return {row.slug: settings_of(row, rules.get(row.pk, Rules(contract=row))) for row in rows}


def _pair(transition: Transition, versions: Versions, settings: dict[str, Settings]) -> Pair | None:
    digests = []
    for version in (transition.old, transition.new):
        row = versions.get((transition.contract, version))
        if row is None or not hasattr(row, "documented"):
            return None
        digests.append(row.documented.document_id)
    return digests[0], digests[1], settings[transition.contract]


def _lacking(transition: Transition, versions: Versions) -> str:
    """Which version cannot be compared, and why."""
    for version in (transition.old, transition.new):
        row = versions.get((transition.contract, version))
        if row is None:
            return f"there is no version {version}"
        if not hasattr(row, "documented"):
            return f"{version} has no document"
    return ""


class _Users:
    """Consumers with what they use and how far they are, read once for all contracts."""

    def __init__(self, slugs: set[str], services: Collection[str]) -> None:
        rows = Consumer.objects.filter(
            contract__slug__in=slugs, service__slug__in=services, gone_at__isnull=True
        )
        self._rows = list(rows.select_related("service", "contract").order_by("pk"))
        self._known = Known(self._rows)
        self._uses: dict[tuple[str, str], list[UseRow]] = defaultdict(list)
        used = uses().filter(contract__slug__in=slugs, service__slug__in=services)
        for use in used.select_related("service", "contract"):
            self._uses[use.contract.slug, use.service.slug].append(use)

    def rulings(self, transition: Transition, comparison: Comparison, settings: Settings) -> Rulings:
        """Of each consumer of the contract, and of all of whom nothing is known."""
        found = {}
        for row in self._rows:
            if row.contract.slug == transition.contract:
                parts = self._uses.get((transition.contract, row.service.slug), ())
                user = user_from(row, parts, transition.old)
                moved = self._known.standing(row, transition.new).readiness is Readiness.MIGRATED
                found[user.slug] = ruling(comparison, user, whole=settings.whole, migrated=moved)
        return Rulings(ruling(comparison, None, whole=settings.whole), found)
