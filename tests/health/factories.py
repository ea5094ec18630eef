"""Sources, series and windows for tests of health and of what stands on it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rollouts.accounts.models import Team
from rollouts.catalog.models import Environment, Service
from rollouts.health.models import Series, Source, Target, Window
from rollouts.health.values import Perspective, Signal

EPOCH = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday; every test's first window starts here."""


def team(slug: str = "orders-team") -> Team:
    return Team.objects.get_or_create(slug=slug, defaults={"name": slug})[0]


def environment(slug: str = "production") -> Environment:
    return Environment.objects.get_or_create(slug=slug, defaults={"name": slug, "production": True})[0]


def service(slug: str = "orders") -> Service:
    return Service.objects.get_or_create(slug=slug, defaults={"name": slug.capitalize(), "team": team()})[0]


def source(slug: str = "fleet", *, urls: Sequence[str] = (), **fields: Any) -> Source:
    """A source that is due now, with a target of orders for each address."""
    made = Source.objects.create(
        **{
            "slug": slug,
            "name": slug.capitalize(),
            "environment": environment(),
            "team": team(),
            "window_s": 5,
            "timeout_s": 2,
            "due_at": EPOCH,
            **fields,
        }
    )
    for url in urls:
        Target.objects.create(source=made, service=service(), url=url)
    return made


def series(of: Source, **fields: Any) -> Series:
    given = {
        "service": service(),
        "environment": of.environment,
        "version": "3.0.0",
        "signal": Signal.ERRORS,
        "perspective": Perspective.SERVER,
        **fields,
    }
    return Series.objects.get_or_create(source=of, **given)[0]


def window(of: Series, number: int, bad: int = 0, total: int = 0, **fields: Any) -> Window:
    """The window with this number since EPOCH; the source has closed it."""
    length = of.source.window_s
    start = EPOCH + timedelta(seconds=number * length)
    end = start + timedelta(seconds=length)
    if of.source.collected_through_at is None or of.source.collected_through_at < end:
        of.source.collected_through_at = end
        of.source.save(update_fields=["collected_through_at"])
    return Window.objects.create(series=of, start_at=start, bad=bad, total=total, **fields)
