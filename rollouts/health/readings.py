"""Stored windows as a grid: one service in one environment, nothing left out. Django-free."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from rollouts.health.signals import Measured
from rollouts.health.values import Perspective, Signal

NOTHING = Measured()


@dataclass(frozen=True)
class Cell:
    """What one series holds in one window. `gap`: it could not be asked."""

    version: str
    signal: Signal
    perspective: Perspective
    caller: str
    measured: Measured
    gap: bool = False


@dataclass(frozen=True)
class Grid:
    """All windows of one service in one environment from `since`, closed ones only.

    Times are seconds since 1970. `through` is the end of the last closed window, None when nothing
    closes them. Windows of which no row is stored are there, and empty of data.
    """

    window_s: int
    since: int
    through: int | None
    cells: Mapping[int, tuple[Cell, ...]] = field(default_factory=dict)

    def starts(self, since: int | None = None) -> Iterator[int]:
        """The starts of all closed windows that begin at or after `since`."""
        if self.through is None:
            return
        begin = max(self.since, self.since if since is None else since)
        first = -(-begin // self.window_s) * self.window_s
        yield from range(first, self.through - self.window_s + 1, self.window_s)

    def side(
        self,
        start: int,
        signal: Signal,
        perspective: Perspective,
        *,
        versions: Collection[str] | None = None,
        but: Collection[str] = (),
        callers: Collection[str] | None = None,
        but_callers: Collection[str] = (),
    ) -> Measured | None:
        """What one perspective measured of some versions in the window, added up; None if nobody can say."""
        found: Measured | None = None
        for cell in self.cells.get(start, ()):
            if cell.gap or cell.signal is not signal or cell.perspective is not perspective:
                continue
            if (versions is not None and cell.version not in versions) or cell.version in but:
                continue
            if (callers is not None and cell.caller not in callers) or cell.caller in but_callers:
                continue
            found = cell.measured if found is None else found.plus(cell.measured)
        return found

    def versions(self) -> set[str]:
        """Every version that was measured."""
        return {cell.version for cells in self.cells.values() for cell in cells}
