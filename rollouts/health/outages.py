"""An outage of something that is asked: its owner is told once when it matters, and once when it is over."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.health.models import Probe, Source

KINDS = {"source": ("source.failing", "source.recovered"), "probe": ("probe.failing", "probe.recovered")}
"""The events of each, that it fails and that it is well again."""


@dataclass(frozen=True)
class Seen:
    """How a source or check stands now. It may neither fail nor be well: who says nothing has not recovered.

    `what` names its events among KINDS; `well_again` is a sentence without its full stop, and `content` what
    the events hold beside it.
    """

    what: str
    fails: bool
    well: bool
    failing: str
    well_again: str
    content: Mapping[str, Any] = field(default_factory=dict)


def tell(row: Source | Probe, seen: Seen, *, now: datetime) -> bool:
    """Append the event when it is time, in the caller's transaction; says whether it did.

    Changes `row.failing_told_at`; the caller saves the row.
    """
    told = row.failing_told_at
    if seen.fails and told is None:
        row.failing_told_at = now
        _append(row, seen, KINDS[seen.what][0], seen.failing, now)
    elif seen.well and told is not None:
        row.failing_told_at = None
        minutes = max(1, round((now - told).total_seconds() / 60))
        said = f"{seen.well_again}, about {minutes} min after this was told."
        _append(row, seen, KINDS[seen.what][1], said, now)
    else:
        return False
    return True


def _append(row: Source | Probe, seen: Seen, kind: str, sentence: str, now: datetime) -> None:
    audit.append(
        stream=row.stream,
        kind=kind,
        actor=SYSTEM,
        face=Face.TICKER,
        content={seen.what: row.slug, **seen.content, "sentence": sentence},
        at=now,
    )
