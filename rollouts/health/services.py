"""Verbs of health: declare sources, collect due windows, delete old ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from rollouts.accounts.models import Team
from rollouts.audit import services as audit
from rollouts.audit.values import Actor, Face
from rollouts.catalog.models import Environment, Service
from rollouts.health import collecting
from rollouts.health.models import Exemplar, PartialData, Query, Source, Target
from rollouts.health.pushing import services as pushing
from rollouts.health.sources import checks
from rollouts.health.sources.values import Asked, default_delay_s
from rollouts.health.values import SourceKind
from rollouts.lib.clock import database_now
from rollouts.lib.garbage import uncollected

PRUNE_EVERY = timedelta(hours=1)


@dataclass(frozen=True)
class TargetGiven:
    """An address to be asked: of which service, and which version where its metrics name none."""

    service: Service
    url: str
    version: str = ""


@dataclass(frozen=True)
class SourceGiven:
    """A source as it is to be. `timeout_s` defaults to 10 s, and to less where windows are short.

    `enabled` None: as it stands, so that describing a source that somebody switched off leaves it off.
    A Prometheus source has an address (`url`), says what is `asked` of it and how late its data come;
    an OpenMetrics source has targets.
    """

    slug: str
    name: str
    environment: Environment
    team: Team
    targets: Sequence[TargetGiven]
    window_s: int = 60
    timeout_s: float | None = None
    enabled: bool | None = None
    kind: SourceKind = SourceKind.OPENMETRICS
    url: str = ""
    delay_s: int | None = None
    asked: Asked = Asked()


def declare_source(*, given: SourceGiven, actor: Actor, face: Face) -> Source:
    """Make or change a source so that it is as given, and log it; the same again changes nothing.

    Raises ValidationError when another source of the environment has other windows: gates add up what
    several sources saw in one window.
    """
    with transaction.atomic():
        now = database_now()
        source, _, changed = put_source(given, now=now)
        if changed:
            audit.append(
                stream=source.stream,
                kind="source.declared",
                actor=actor,
                face=face,
                content={
                    "source": source.slug,
                    "targets": [given.url] if given.url else [target.url for target in given.targets],
                    "sentence": f"{actor.name} declared the metric source {source.name}.",
                },
                at=now,
            )
    return source


def switch_source(*, slug: str, enabled: bool, actor: Actor, face: Face) -> Source:
    """Ask a source from now on, or not any more, and log it. Raises Source.DoesNotExist."""
    with audit.door(lambda: Source.objects.select_for_update().get(slug=slug)) as (source, now):
        if source.enabled == enabled:
            return source
        source.enabled, source.claimed_until_at = enabled, None
        source.due_at = collecting.aligned(now, source.window_s) + source.window + source.lateness
        source.failed_windows, source.rests_until_at, source.failing_told_at = 0, None, None
        source.save(
            update_fields=[
                "enabled",
                "claimed_until_at",
                "due_at",
                "failed_windows",
                "rests_until_at",
                "failing_told_at",
            ]  # fmt: skip
        )
        did = "began to ask" if enabled else "stopped asking"
        audit.append(
            stream=source.stream,
            kind="source.switched",
            actor=actor,
            face=face,
            content={
                "source": source.slug,
                "enabled": enabled,
                "sentence": f"{actor.name} {did} the metric source {source.name}.",
            },
            at=now,
        )
    return source


def put_source(given: SourceGiven, *, now: datetime) -> tuple[Source, bool, bool]:
    """The source brought to what is given; whether it is new, and whether anything changed. Not logged."""
    _same_windows(given.slug, given.environment, given.window_s)
    found = Source.objects.select_for_update().filter(slug=given.slug).first()
    source = found or Source(slug=given.slug)
    checks.check(given, found)
    wanted = _wanted(given, source)
    changed = found is None or any(getattr(source, key) != value for key, value in wanted.items())
    if changed:
        for key, value in wanted.items():
            setattr(source, key, value)
        source.full_clean()
        source.due_at = collecting.aligned(now, given.window_s) + source.window + source.lateness
        source.save()
    return source, found is None, _set_targets(source, given.targets) or changed


def _wanted(given: SourceGiven, source: Source) -> dict[str, Any]:
    """The row's values. Another server never gets what was entered to be let into the one before."""
    wanted: dict[str, Any] = {
        "name": given.name,
        "environment": given.environment,
        "team": given.team,
        "window_s": given.window_s,
        "timeout_s": given.timeout_s if given.timeout_s is not None else min(10.0, given.window_s * 0.8),
        "kind": given.kind,
        "url": given.url,
        "settings": given.asked.as_json(),
        "delay_s": 0,
    }
    if given.kind in (SourceKind.PROMETHEUS, SourceKind.PUSH):
        late = given.delay_s
        wanted["delay_s"] = late if late is not None else default_delay_s(given.window_s)
    if source.pk and checks.origin(source.url) != checks.origin(given.url):
        wanted |= {"access": "", "failed_windows": 0, "rests_until_at": None}
    if given.enabled is not None:
        wanted["enabled"] = given.enabled
    return wanted


def _same_windows(slug: str, environment: Environment, window_s: int) -> None:
    other = Source.objects.filter(environment=environment).exclude(slug=slug).exclude(window_s=window_s)
    if found := other.order_by("pk").first():
        raise ValidationError(
            _("The sources of one environment need windows of one length; %(source)s has %(seconds)s s."),
            params={"source": found.name, "seconds": found.window_s},
        )


def _set_targets(source: Source, targets: Sequence[TargetGiven]) -> bool:
    """Makes the targets those given; one that stays keeps its counters. Says whether anything changed."""
    gone = source.targets.exclude(url__in=[target.url for target in targets]).delete()[0]
    kept = {target.url: target for target in source.targets.all()}
    changed = gone > 0
    for given in targets:
        row = kept.get(given.url, Target(source=source, url=given.url))
        if given.url not in kept or row.service_id != given.service.pk or row.version != given.version:
            row.service, row.version = given.service, given.version
            row.full_clean()
            row.save()
            changed = True
    return changed


def collect(source_ids: Sequence[int]) -> None:
    """Close the window of each of these sources that is due: ask its targets, store, tell the listeners.

    Safe to run twice at once, and with sources that are not due.
    """
    # From what is asked to what follows from it, in one go.
    with uncollected():
        collecting.run(collecting.claim(source_ids, database_now()))


def due_sources(now: datetime, limit: int) -> list[int]:
    """Ids of the sources whose window has closed."""
    return list(Source.every.due(now).values_list("pk", flat=True)[:limit])


def sources_to_prune(now: datetime, limit: int) -> list[int]:
    """Ids of the sources whose old warnings, queries and exemplars are to be deleted."""
    return list(Source.every.to_prune(now).values_list("pk", flat=True)[:limit])


def prune(source_id: int) -> None:
    """Delete what the source no longer keeps beside its windows, which go day by day (see `keeping`)."""
    with transaction.atomic():
        source = Source.every.select_for_update(skip_locked=True).filter(pk=source_id).first()
        now = database_now()
        if source is None or source.prune_due_at is None or source.prune_due_at > now:
            return
        before = now - timedelta(days=source.keep_days)
        Query.objects.filter(source=source, last_end_at__lt=before).delete()
        PartialData.objects.filter(source=source, start_at__lt=before).delete()
        Exemplar.objects.filter(series__source=source, at__lt=before).delete()
        pushing.prune(source, now)
        Source.every.filter(pk=source_id).update(prune_due_at=now + PRUNE_EVERY)
