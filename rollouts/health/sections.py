"""The sections of `catalog.yaml` that health owns: metric sources with their targets, and SLOs."""

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import ValidationError

from rollouts.accounts.models import Person, Team
from rollouts.catalog.models import Environment, Service
from rollouts.catalog.queries import plans_for
from rollouts.catalog.registry import (
    SLUG,
    Applying,
    Entry,
    Outcome,
    Section,
    What,
    entry_schema,
    title_of,
)
from rollouts.health.models import Source
from rollouts.health.probes.section import PROBE, apply_probes, may_save_probe
from rollouts.health.services import SourceGiven, TargetGiven, put_source
from rollouts.health.slos.section import SLO, apply_slos, may_save_slo
from rollouts.health.sources.values import Asked
from rollouts.health.values import DECLARED_KINDS, SourceKind
from rollouts.lib.documents.problems import Path

TARGET = entry_schema(
    {
        "service": {**SLUG, "description": "The service that answers there."},
        "url": {
            "type": "string",
            "pattern": "^https?://\\S+$",
            "maxLength": 500,
            "description": "Where its metrics are, as OpenMetrics or Prometheus text.",
        },
        "version": {
            "type": "string",
            "maxLength": 60,
            "description": "Its version, where its metrics name none.",
        },
    },
    ["service", "url"],
    "An address that is asked once a window.",
)
PROMETHEUS = {
    "kind": {
        "type": "string",
        "enum": [kind.value for kind in DECLARED_KINDS],
        "description": "How it is asked. Default openmetrics.",
    },
    "url": {
        "type": "string",
        "pattern": "^https?://\\S+$",
        "maxLength": 500,
        "description": "Where a Prometheus API is, without /api/v1. Who it lets in is set apart.",
    },
    "delay_s": {
        "type": "integer",
        "minimum": 0,
        "maximum": 3600,
        "description": "Seconds that its data come late. Default 30, at most a window.",
    },
    "conventions": {
        "type": "array",
        "items": {"type": "string", "maxLength": 60},
        "description": "Names of metrics to look for; the first that tells of a signal is taken.",
    },
    "service_label": {"type": "string", "maxLength": 100, "description": "The label that names services."},
    "version_label": {"type": "string", "maxLength": 100, "description": "The label that names versions."},
    "matchers": {
        "type": "string",
        "maxLength": 500,
        "description": "Label matchers that narrow every query, as between braces in PromQL.",
    },
    "names": {
        "type": "object",
        "additionalProperties": {**SLUG, "description": "The service."},
        "description": "Values of the service label to services, where they differ.",
    },
    "bounds_s": {
        "type": "array",
        "items": {"type": "number", "exclusiveMinimum": 0},
        "description": "The only bucket bounds to fetch, in seconds. Default: all.",
    },
    "exemplars": {
        "type": "boolean",
        "description": "Whether it is asked for single requests by their traces, too. Default no.",
    },
}
SOURCE = entry_schema(
    {
        "name": SLUG,
        "title": {"type": "string", "minLength": 1, "maxLength": 120, "description": "Its name for people."},
        "environment": {**SLUG, "description": "The environment that it measures."},
        "team": {**SLUG, "description": "The owning team."},
        "window_s": {
            "type": "integer",
            "minimum": 1,
            "maximum": 3600,
            "description": "Seconds in a window, the same for all of an environment. Default 60.",
        },
        "timeout_s": {
            "type": "number",
            "minimum": 0.1,
            "maximum": 60,
            "description": "Seconds to wait for a target. Default 10, or four fifths of a short window.",
        },
        "enabled": {
            "type": "boolean",
            "description": "Whether it is asked. Default: as it stands; a new one is.",
        },
        "targets": {"type": "array", "items": TARGET, "description": "The addresses of kind openmetrics."},
        **PROMETHEUS,
    },
    ["name", "environment", "team"],
    "A place that knows numbers about services of one environment.",
)

Named = Mapping[str, Service]


def apply_sources(entries: Sequence[tuple[Path, Entry]], run: Applying) -> None:
    """Makes the sources those of the file; one that is no longer listed is not asked any more.

    One that is off stays off, whoever switched it off, unless the entry says `enabled`.
    """
    services = {row.slug: row for row in Service.objects.all()}
    environments = {row.slug: row for row in Environment.objects.all()}
    teams = {row.slug: row for row in Team.objects.all()}
    listed = set()
    for path, entry in entries:
        listed.add(entry["name"])
        environment, team = environments.get(entry["environment"]), teams.get(entry["team"])
        if environment is None:
            run.unknown((*path, "environment"), "environment", entry["environment"])
        if team is None:
            run.unknown((*path, "team"), "team", entry["team"])
        targets = list(_targets(path, entry, services, run))
        if environment is None or team is None or len(targets) < len(entry.get("targets", ())):
            continue
        given = SourceGiven(
            slug=entry["name"],
            name=title_of(entry),
            environment=environment,
            team=team,
            targets=targets,
            window_s=entry.get("window_s", 60),
            timeout_s=entry.get("timeout_s"),
            enabled=entry.get("enabled"),
            kind=SourceKind(entry.get("kind", SourceKind.OPENMETRICS)),
            url=entry.get("url", ""),
            delay_s=entry.get("delay_s"),
            asked=Asked.read(entry),
        )
        _put(path, given, run)
    if run.whole:
        for source in Source.objects.filter(enabled=True).exclude(slug__in=listed).order_by("slug"):
            Source.objects.filter(pk=source.pk).update(enabled=False)
            _note(source, What.GONE, run)


def _targets(path: Path, entry: Entry, services: Named, run: Applying) -> Iterable[TargetGiven]:
    for index, target in enumerate(entry.get("targets", ())):
        service = services.get(target["service"])
        if service is None:
            run.unknown((*path, "targets", index, "service"), "service", target["service"])
        else:
            yield TargetGiven(service, target["url"], target.get("version", ""))


def _put(path: Path, given: SourceGiven, run: Applying) -> None:
    try:
        source, new, changed = put_source(given, now=run.now)
    except ValidationError as error:
        for field, said in _by_field(error):
            run.problems.add((*path, *field), said, "Correct the source.")
        return
    _note(source, What.ADDED if new else What.CHANGED if changed else What.UNCHANGED, run)


def _by_field(error: ValidationError) -> Iterable[tuple[tuple[str, ...], str]]:
    if hasattr(error, "error_dict"):
        for field, said in error.message_dict.items():
            yield (() if field == "__all__" else (field,)), " ".join(said)
    else:
        yield (), " ".join(error.messages)


def _note(source: Source, what: What, run: Applying) -> None:
    run.note(
        Outcome("sources", source.slug, what),
        stream=source.stream,
        kind="source.declared",
        content={"source": source.slug},
    )


def may_save_source(person: Person, entry: Entry) -> bool:
    """For planners of the team that owns it, now and as it is to be."""
    team = Source.objects.filter(slug=entry["name"]).values_list("team__slug", flat=True)
    return person.is_staff or all(plans_for(person, slug) for slug in {*team, entry["team"]})


SECTIONS = (
    Section("sources", 60, SOURCE, apply_sources, may_save_source),
    Section("slos", 70, SLO, apply_slos, may_save_slo),
    Section("probes", 75, PROBE, apply_probes, may_save_probe),
)
