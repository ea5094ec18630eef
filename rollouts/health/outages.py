"""Tells the owner of a source of an outage: once when it begins to matter, once when it is over."""

from datetime import datetime

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.health.models import Source
from rollouts.health.sources import circuit


def tell_owner(source: Source, *, now: datetime) -> None:
    """Append `source.failing` or `source.recovered` when it is time, in the window's transaction.

    Changes `source.failing_told_at`; the caller saves the row.
    """
    if source.failing_told_at is None and source.failed_windows >= circuit.OPEN_AFTER:
        source.failing_told_at = now
        said = (
            f"The metric source {source.name} has not answered for {source.failed_windows} windows: "
            f"{source.last_error} Gates that read it say no data; nothing is promoted on silence."
        )
        _append(source, "source.failing", said, now)
    elif source.failing_told_at is not None and not source.failed_windows:
        silent_s = (now - source.failing_told_at).total_seconds()
        source.failing_told_at = None
        minutes = max(1, round(silent_s / 60))
        said = f"The metric source {source.name} answers again, about {minutes} min after this was told."
        _append(source, "source.recovered", said, now)


def _append(source: Source, kind: str, sentence: str, now: datetime) -> None:
    audit.append(
        stream=source.stream,
        kind=kind,
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "source": source.slug,
            "team": source.team.slug,
            "error": source.last_error,
            "failed_windows": source.failed_windows,
            "sentence": sentence,
        },
        at=now,
    )
