"""A run as its page shows it: steps with their phases, and where its trace is."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from rollouts.health.models import Probe, ProbeRun
from rollouts.lib.links import Link, fill


def traced(row: Probe, run: ProbeRun) -> list[Link]:
    """Where the trace of a run is shown."""
    return fill(
        settings.GATEHOUSE_LINKS,
        service=row.service.slug,
        environment=row.environment.slug,
        version=row.version,
        since=run.at,
        until=run.at + timedelta(seconds=run.took_s),
        trace=run.trace_id,
    )


def bars(run: ProbeRun) -> list[dict[str, Any]]:
    """The steps with their phases as parts of the longest of them, in percent."""
    longest = max((step["took_s"] for step in run.steps), default=0) or 1
    words = {
        "resolve": _("name"),
        "connect": _("connect"),
        "tls": _("TLS"),
        "processing": _("wait"),
        "transfer": _("transfer"),
    }
    found = []
    for step in run.steps:
        at, phases = 0.0, []
        # PostgreSQL keeps the keys of an object in an order of its own.
        for name in words:
            seconds = step["phases"].get(name, 0.0)
            width = 100 * seconds / longest
            if seconds > 0:
                phases.append(
                    {
                        "name": words[name],
                        "kind": name,
                        "ms": seconds * 1000,
                        "x": f"{at:.2f}",
                        "width": f"{width:.2f}",
                    }
                )
            at += width
        until = step.get("certificate_until")
        found.append(
            {
                **step,
                "phases": phases,
                "ms": step["took_s"] * 1000,
                "certificate_until": datetime.fromisoformat(until) if until else None,
            }
        )
    return found
