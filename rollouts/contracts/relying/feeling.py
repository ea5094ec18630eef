"""What a new version does to each who relies on a contract, from comparisons of documents."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rollouts.contracts.documents.comparing import Settings, compare, kept_of
from rollouts.contracts.documents.models import Document
from rollouts.contracts.documents.touching import Touch as Meets
from rollouts.contracts.documents.touching import part_of, touch
from rollouts.contracts.formats.values import Comparison, Difference, Level, Outcome, Use
from rollouts.contracts.models import ContractVersion
from rollouts.contracts.questions.values import Touch
from rollouts.contracts.relying.reading import Ground
from rollouts.contracts.values import speaks
from rollouts.contracts.versioning.numbers import holds
from rollouts.contracts.versioning.ruling import settings_of

Pair = tuple[str, str]
"""Digests of two documents."""
Wanted = tuple[str, str, Settings]
NAMED = 2
"""Parts that a sentence names."""
WORST = (Touch.BREAKING, Touch.UNDECIDED, Touch.DANGEROUS, Touch.COMPATIBLE)


@dataclass(frozen=True)
class Felt:
    """What the version is to one service, by which part, and the older versions that it speaks."""

    touch: Touch
    by: str = ""
    older: tuple[str, ...] = ()


@dataclass(frozen=True)
class Move:
    """One version of a contract that is to come. `seen`: by service (also undeclared) the versions spoken."""

    ground: Ground
    version: ContractVersion
    seen: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Feeling:
    """By service; `uncompared`: pairs of documents that nobody has compared yet."""

    felt: Mapping[str, Felt]
    uncompared: tuple[Pair, ...] = ()


def feelings(moves: Sequence[Move], *, make: bool) -> list[Feeling]:
    """What each move does, in one query for what was compared before.

    `make`: compares what was not, which takes seconds; else that is undecided.
    """
    settings = [settings_of(move.ground.contract, move.ground.rules) for move in moves]
    wanted = {
        (*pair, setting)
        for move, setting in zip(moves, settings, strict=True)
        for older in _spoken(move).values()
        for each in older
        if (pair := _pair(each, move.version)) and pair[0] != pair[1]
    }
    known = kept_of(wanted)
    if make:
        known |= _made(wanted - known.keys())
    return [_feeling(move, setting, known) for move, setting in zip(moves, settings, strict=True)]


def compare_pair(pair: Pair, settings: Settings) -> None:
    """Compares two documents that are stored, so that the answer is kept; nothing where one is gone."""
    _made({(*pair, settings)})


def _made(wanted: Collection[Wanted]) -> dict[Wanted, Comparison]:
    rows = Document.objects.in_bulk({digest for old, new, _settings in wanted for digest in (old, new)})
    return {
        (old, new, settings): compare(rows[old], rows[new], settings)
        for old, new, settings in sorted(wanted, key=lambda one: one[:2])
        if old in rows and new in rows
    }


def _spoken(move: Move) -> dict[str, list[ContractVersion]]:
    """By service the older served versions that it may speak: the newest in its range, and those that were
    seen."""
    ground, older = move.ground, move.ground.older(move.version.version)
    found: dict[str, list[ContractVersion]] = {}
    for service in sorted({*ground.consumers, *ground.used, *move.seen}):
        spoken = move.seen.get(service, ())
        newest = [row for row in older if not ground.excludes(service, row.version)][:1]
        found[service] = [
            row for row in older if row in newest or any(speaks(one, [row.version]) for one in spoken)
        ]
    return found


def _pair(old: ContractVersion, new: ContractVersion) -> Pair | None:
    if not hasattr(old, "documented") or not hasattr(new, "documented"):
        return None
    return old.documented.document_id, new.documented.document_id


def _feeling(move: Move, settings: Settings, known: Mapping[Wanted, Comparison]) -> Feeling:
    found: dict[str, Felt] = {}
    missing: dict[Pair, None] = {}
    for service, older in _spoken(move).items():
        each = []
        for row in older:
            pair = _pair(row, move.version)
            comparison = known.get((*pair, settings)) if pair else None
            if pair and comparison is None and pair[0] != pair[1]:
                missing[pair] = None
            each.append(_one(move, service, row, pair, comparison, settings))
        worst = min(each, key=lambda one: WORST.index(one.touch), default=Felt(Touch.COMPATIBLE))
        found[service] = Felt(worst.touch, worst.by, tuple(row.version for row in older))
    return Feeling(found, tuple(missing))


def _one(
    move: Move,
    service: str,
    old: ContractVersion,
    pair: Pair | None,
    comparison: Comparison | None,
    settings: Settings,
) -> Felt:
    if pair is None:
        lacking = move.version if not hasattr(move.version, "documented") else old
        return Felt(Touch.UNDECIDED, f"{lacking.version} has no document")
    if pair[0] == pair[1]:
        return Felt(Touch.COMPATIBLE)
    if comparison is None:
        return Felt(Touch.UNDECIDED, "the documents are not compared yet")
    parts = [
        Use(operation=part.operation, field=part.field, type=part.type)
        for part in move.ground.used.get(service, ())
        if holds(part.versions, old.version) is not False
    ]
    return felt(comparison, parts, whole=settings.whole)


def felt(comparison: Comparison, parts: Sequence[Use], *, whole: bool = False) -> Felt:
    """What a comparison is to who uses these parts, and any part where none is recorded."""
    if comparison.error:
        return Felt(Touch.UNDECIDED, comparison.error.rstrip("."))
    met: dict[Touch, list[Difference]] = {each: [] for each in Touch}
    for each in comparison.differences:
        found = Meets.YES if not parts else touch(each, parts, whole=whole)
        met[_word(each.level, found)].append(each)
    for word in WORST[:3]:
        if met[word]:
            return Felt(word, _named(met[word], parts))
    return Felt(_unplaced(comparison))


def _word(level: Level, meets: Meets) -> Touch:
    """What one difference is to somebody. A maybe is undecided: not enough is recorded of the parts."""
    if meets is Meets.NO or level is Level.SAFE:
        return Touch.COMPATIBLE
    if level is Level.BREAKING:
        return Touch.BREAKING if meets is Meets.YES else Touch.UNDECIDED
    return Touch.UNDECIDED if level is Level.UNDECIDED else Touch.DANGEROUS


def _unplaced(comparison: Comparison) -> Touch:
    """What the whole says where no difference does: that it breaks, and not where."""
    levels = {each.level for each in comparison.differences}
    if comparison.outcome is Outcome.BREAKING and Level.BREAKING not in levels:
        return Touch.BREAKING
    if comparison.outcome is Outcome.UNKNOWN and not levels & {Level.UNDECIDED, Level.BREAKING}:
        return Touch.UNDECIDED
    return Touch.COMPATIBLE


def _named(differences: Iterable[Difference], parts: Sequence[Use]) -> str:
    """The parts in words: "address.line, total and 3 more"."""
    names = list(dict.fromkeys(name for each in differences if (name := part_of(each, parts))))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
