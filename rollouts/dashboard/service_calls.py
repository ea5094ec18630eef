"""Who called a service in the last 24 hours, and which version: by stored windows, without a judgement."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from rollouts.catalog.models import Environment, Service
from rollouts.dashboard import wording
from rollouts.dashboard.drawings import bars
from rollouts.health import queries as health
from rollouts.health.queries import Calls
from rollouts.health.values import Perspective
from rollouts.lib.links import Link, fill

HOURS = 24
STILL = timedelta(minutes=15)


@dataclass(frozen=True)
class Caller:
    """One service that called a version."""

    name: str
    href: str
    many: int
    failed: float
    last_at: datetime


@dataclass(frozen=True)
class Version:
    """One version in one environment: all its calls, by the side that counted more, and who called it."""

    environment: str
    version: str
    many: int
    failed: float
    last_at: datetime
    callers: tuple[Caller, ...]
    links: tuple[Link, ...] = ()


def linked(version: Version, service: Service, environment: str, first: datetime, now: datetime) -> Version:
    """The version with its links to traces and logs of the same hours."""
    found = fill(
        settings.GATEHOUSE_LINKS,
        service=service.slug,
        environment=environment,
        version=version.version,
        since=first,
        until=now,
    )
    return replace(version, links=tuple(found))


def context(service: Service, environments: Iterable[Environment], now: datetime) -> dict[str, Any]:
    """See templates/dashboard/calls.html."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    rows = [row for row in health.calls(service.pk, first) if row.version]
    names = {row.caller for row in rows}
    known = {each.slug: each for each in Service.objects.filter(slug__in=names)} if names else {}
    environments = list(environments)
    versions = [
        linked(each, service, environment.slug, first, now)
        for environment in environments
        for each in versions_of(environment, rows, known)
    ]
    newest = newest_called(versions)
    drawn = [shares(environment, rows, first) for environment in environments]
    return {
        "versions_called": versions,
        "calls_since": first,
        "version_shares": [each for each in drawn if each is not None],
        **older(rows, newest, known, first),
    }


@dataclass(frozen=True)
class Shares:
    """Calls of each version by the hour in one environment, as bars, and the share of each in the table."""

    environment: str
    bars: bars.Bars
    versions: tuple[str, ...]
    hours: tuple[tuple[datetime, tuple[float, ...]], ...]


def shares(environment: Environment, rows: list[Calls], first: datetime) -> Shares | None:
    """How calls moved from version to version; by the side that counted more. None before there are two.

    These are versions of the service, as the service and its callers name them; which version of a contract
    was spoken stands in `contract_shares`.
    """
    here = [row for row in rows if row.environment_id == environment.pk]
    sides = [[row for row in here if row.perspective is side] for side in Perspective]
    told = max(sides, key=lambda side: sum(row.many for row in side))
    counts: dict[str, dict[datetime, int]] = {}
    for row in told:
        by_hour = counts.setdefault(row.version, {})
        by_hour[row.hour] = by_hour.get(row.hour, 0) + row.many
    if len(counts) < 2:
        return None
    versions = tuple(sorted(counts, key=lambda name: (order(name), name)))
    whole = {row.hour: sum(each.get(row.hour, 0) for each in counts.values()) for row in told}
    hours = tuple(
        (hour, tuple(counts[version].get(hour, 0) / whole[hour] for version in versions))
        for hour in sorted(whole, reverse=True)
    )
    now, then = hours[0], hours[-1]
    words = {
        "environment": environment.name,
        "then": _in_words(versions, then[1]),
        "now": _in_words(versions, now[1]),
    }
    sentence = _("%(environment)s: %(then)s in the first hour with calls, %(now)s in the newest.") % words
    drawn = bars.draw(counts, first, HOURS, _("others"), sentence)
    return None if drawn is None else Shares(environment.name, drawn, versions, hours)


def _in_words(versions: Iterable[str], parts: Iterable[float]) -> str:
    """As "2.9.1 75 %, 3.0.0 25 %"."""
    return ", ".join(
        f"{version} {wording.percent(part, 0)}" for version, part in zip(versions, parts, strict=True) if part
    )


def newest_called(versions: list[Version]) -> str:
    """The newest version that is called still: nobody lags behind one that was rolled back."""
    last = max((each.last_at for each in versions), default=None)
    if last is None:
        return ""
    return max((each.version for each in versions if each.last_at >= last - STILL), key=order)


def order(version: str) -> tuple[int, ...]:
    """2.10.0 comes after 2.9.1."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def versions_of(environment: Environment, rows: list[Calls], known: dict[str, Service]) -> list[Version]:
    """The versions of one environment, the newest first."""
    here = [row for row in rows if row.environment_id == environment.pk]
    found = []
    for name in sorted({row.version for row in here}, key=lambda each: (order(each), each), reverse=True):
        inside = [row for row in here if row.version == name]
        sides = [[row for row in inside if row.perspective is side] for side in Perspective]
        told = max(sides, key=lambda side: sum(row.many for row in side))
        callers = [
            Caller(
                name=known[slug].name if slug in known else slug,
                href=known[slug].get_absolute_url() if slug in known else "",
                **summed([row for row in inside if row.caller == slug]),
            )
            for slug in {row.caller for row in inside if row.caller}
        ]
        ordered = tuple(sorted(callers, key=lambda each: (-each.many, each.name)))
        found.append(Version(environment.name, name, callers=ordered, **summed(told)))
    return found


def summed(rows: list[Calls]) -> dict[str, Any]:
    """How many there were, which share of them failed, and when the last came."""
    many = sum(row.many for row in rows)
    bad = sum(row.bad for row in rows)
    return {"many": many, "failed": bad / many, "last_at": max(row.last_at for row in rows)}


def older(rows: list[Calls], newest: str, known: dict[str, Service], first: datetime) -> dict[str, Any]:
    """The calls of versions before the newest, hour by hour; nothing where there is none."""
    behind = [row for row in rows if order(row.version) < order(newest) and row.caller]
    counts: dict[str, dict[datetime, int]] = {}
    for row in behind:
        name = known[row.caller].name if row.caller in known else row.caller
        by_hour = counts.setdefault(name, {})
        by_hour[row.hour] = by_hour.get(row.hour, 0) + row.many
    versions = ", ".join(sorted({row.version for row in behind}, key=order))
    totals = {name: sum(by_hour.values()) for name, by_hour in counts.items()}
    told = ", ".join(
        f"{name} {wording.number(many)}" for name, many in sorted(totals.items(), key=lambda item: -item[1])
    )
    sentence = _("Calls of %(versions)s in the last %(hours)s hours: %(told)s.")
    words = {"versions": versions, "hours": HOURS, "told": told}
    drawn = bars.draw(counts, first, HOURS, _("others"), sentence % words)
    return {"older": versions, "older_bars": drawn}
