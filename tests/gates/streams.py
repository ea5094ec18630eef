"""Streams of counts for `gate judge`; nothing here needs Django."""

from typing import Any

DOUBLE, EVEN = ((12, 600), (6, 600)), ((6, 600), (6, 600))


def stream(kind: str = "compare", *rows: Any, **gate: Any) -> dict[str, Any]:
    """Minutes 1, 2, …: (canary, baseline) as (bad, total) each; None where nobody was asked."""
    minutes = []
    for t, (canary, baseline) in enumerate(rows, 1):
        minute: dict[str, Any] = {"t": t}
        for name, count in (("canary", canary), ("baseline", baseline)):
            if count is not None:
                minute[name] = {"bad": count[0], "total": count[1]}
        minutes.append(minute)
    return {"gate": {"kind": kind, **gate}, "minutes": minutes}
