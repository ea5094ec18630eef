"""How far a graph of dependencies reaches from one service. Django-free."""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Direction(StrEnum):
    """Up: who relies on it, which is its blast radius. Down: what it relies on. Around: both ways."""

    UP = "up"
    DOWN = "down"
    AROUND = "around"


@dataclass(frozen=True)
class Side:
    """Where one step leads from each number: the edges of a number are a chain through `before`.

    One list for all of them instead of one each: ten thousand lists would call the collector of garbage,
    which takes longer than the walk.
    """

    last: dict[int, int]
    before: list[int]
    ends: Sequence[int]


NO_EDGE = -1


@dataclass(frozen=True)
class Reached:
    """By number of each service that is reached: how many steps away, and through which neighbour of it.

    Both are in the order of the walk, nearest first.
    """

    distance: dict[int, int] = field(default_factory=dict)
    through: dict[int, int] = field(default_factory=dict)


def sides_of(direction: Direction, callers: Sequence[int], callees: Sequence[int]) -> tuple[Side, ...]:
    """The steps of a direction, from two columns of edges; only what is walked is built."""
    down = (callers, callees)
    up = (callees, callers)
    wanted = {Direction.DOWN: (down,), Direction.UP: (up,), Direction.AROUND: (up, down)}
    return tuple(_side(*columns) for columns in wanted[direction])


def _side(begins: Sequence[int], ends: Sequence[int]) -> Side:
    last: dict[int, int] = {}
    before: list[int] = []
    for at, begin in enumerate(begins):
        before.append(last.get(begin, NO_EDGE))
        last[begin] = at
    return Side(last, before, ends)


def reach(
    sides: Sequence[Side], start: int, depth: int = 0, *, within: Container[int] | None = None
) -> Reached:
    """Every service within `depth` steps (0: without an end) but the start.

    Of several ways the shortest counts; of equal ones that through the lowest number. `within`: others are
    neither reached nor lead on.
    """
    through = {start: start}
    distance = {start: 0}
    edge, steps = [start], 0
    while edge and (not depth or steps < depth):
        steps += 1
        following: list[int] = []
        for one in sorted(edge):
            for side in sides:
                at = side.last.get(one, NO_EDGE)
                while at != NO_EDGE:
                    other, at = side.ends[at], side.before[at]
                    if other not in through and (within is None or other in within):
                        through[other] = one
                        following.append(other)
        distance |= dict.fromkeys(following, steps)
        edge = following
    del distance[start], through[start]
    return Reached(distance, through)
