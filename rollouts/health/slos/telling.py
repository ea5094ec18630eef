"""Tells once when a budget begins to burn too fast, and once when it no longer does."""

from datetime import datetime, timedelta
from typing import Any

from rollouts.audit import services as audit
from rollouts.audit.values import SYSTEM, Face
from rollouts.health.models import Slo
from rollouts.lib.documents.durations import spoken


def tell(slo: Slo, now: datetime) -> None:
    """Writes an event when the urgency of what fires has changed. In the transaction that counted."""
    firing = slo.standing["firing"]
    if firing == slo.firing:
        return
    slo.firing, slo.firing_since_at = firing, now if firing else None
    audit.append(
        stream=slo.stream,
        kind="slo.burning" if firing else "slo.calm",
        actor=SYSTEM,
        face=Face.TICKER,
        content={
            "slo": slo.slug,
            "title": slo.title,
            "service": slo.service.slug,
            "environment": slo.environment.slug,
            "urgency": firing,
            "standing": slo.standing,
            "sentence": sentence(slo, slo.standing),
        },
        at=now,
    )


def sentence(slo: Slo, standing: dict[str, Any]) -> str:
    """How the budget stands, in one sentence."""
    left = standing.get("remaining")
    if left is None:
        return f"{slo.title} cannot be said: no requests were counted in {slo.period_days} days."
    said = f"{slo.title} has {_share(left)} of its error budget left"
    if left < 0:
        said = f"{slo.title} has overspent its error budget by {_share(-left)}"
    fires = [burn for burn in standing["burns"] if burn["fires"]]
    if not fires:
        return f"{said}."
    worst = fires[0]
    return (
        f"{said}, and burns it {worst['long']:.1f} times as fast as allowed over the last "
        f"{spoken_s(worst['long_s'])} (it alerts from {worst['factor']:g})."
    )


def spoken_s(seconds: float) -> str:
    """Seconds as sentences say them."""
    return spoken(timedelta(seconds=seconds))


def _share(share: float) -> str:
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + " %"
