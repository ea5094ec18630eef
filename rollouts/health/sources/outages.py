"""When a metric source has been silent for so long that its owner is told."""

from datetime import datetime

from rollouts.health import outages
from rollouts.health.models import Source
from rollouts.health.sources import circuit


def tell_owner(source: Source, *, now: datetime) -> None:
    """See `outages.tell`; in the window's transaction."""
    many = source.failed_windows
    seen = outages.Seen(
        what="source",
        fails=many >= circuit.OPEN_AFTER,
        well=not many,
        failing=f"The metric source {source.name} has not answered for {many} windows: {source.last_error} "
        "Gates that read it say no data; nothing is promoted on silence.",
        well_again=f"The metric source {source.name} answers again",
        content={"team": source.team.slug, "error": source.last_error, "failed_windows": many},
    )
    outages.tell(source, seen, now=now)
