"""Single requests behind what is measured, as links into the trace system."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import wording
from rollouts.health import queries as health
from rollouts.health.models import Exemplar
from rollouts.health.values import Perspective, Signal
from rollouts.lib.links import Link, fill

SHOWN = 10
AROUND = timedelta(minutes=5)
"""What a link that names times, too, is given around the request."""


@dataclass(frozen=True)
class Row:
    """One request: when, of which version, what of it, and where its trace is."""

    at: datetime
    version: str
    what: str
    trace_id: str
    links: tuple[Link, ...]


def rows(found: Iterable[Exemplar], service: Service, environment: Environment) -> list[Row]:
    """See templates/dashboard/exemplars.html."""
    return [
        Row(
            at=one.at,
            version=one.series.version,
            what=said(one),
            trace_id=one.trace_id,
            links=tuple(
                fill(
                    settings.GATEHOUSE_LINKS,
                    service=service.slug,
                    environment=environment.slug,
                    version=one.series.version,
                    since=one.at - AROUND,
                    until=one.at + AROUND,
                    trace=one.trace_id,
                )
            ),
        )
        for one in found
    ]


def of_service(
    service: Service, environment: Environment, length: timedelta, now: datetime
) -> list[Exemplar]:
    """The newest of a service."""
    return health.exemplars(service.pk, environment.pk, since=now - length, until=now, limit=SHOWN)


def said(one: Exemplar) -> str:
    """How long it took, or that it failed; and by whose count."""
    if one.series.signal == Signal.LATENCY:
        what = f"{wording.number(one.value * 1000, 1)}{wording.NBSP}ms"
    else:
        what = _("failed")
    if one.series.perspective == Perspective.CALLERS:
        return _("%(what)s, as %(caller)s counted") % {"what": what, "caller": one.series.caller}
    return what
