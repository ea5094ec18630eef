"""Who follows the log, and what the ticker looks at. Filled in `AppConfig.ready`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollouts.audit.values import EventView
from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Follower:
    """Does local work for events that it wants: `follow` runs in one transaction and is safe to run twice."""

    name: str
    wants: Callable[[str], bool]
    follow: Callable[[EventView], None]


@dataclass(frozen=True)
class DueWork:
    """Rows with a `due_at`: `due(now, limit)` names them, `run(pk)` locks, checks again, does and moves on.

    `run_batch` does the same for many at once, where that is more than one after the other.
    """

    name: str
    due: Callable[[datetime, int], Sequence[int]]
    run: Callable[[int], None]
    batch: int = 50
    run_batch: Callable[[list[int]], None] | None = None


followers: Registry[Follower] = Registry("follower")
due_work: Registry[DueWork] = Registry("kind of due work")
