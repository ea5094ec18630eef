from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "rollouts.health"
    label = "health"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, due_work
        from rollouts.catalog.registry import sections
        from rollouts.contracts.registry import call_counts, version_callers
        from rollouts.health import contract_calls, hours, keeping, services
        from rollouts.health.edges import counting as edges
        from rollouts.health.edges import versions
        from rollouts.health.graph import composing
        from rollouts.health.probes import services as probes
        from rollouts.health.probes.windows import Checks
        from rollouts.health.pushing.taking import Push
        from rollouts.health.registry import metric_sources
        from rollouts.health.sections import SECTIONS
        from rollouts.health.slos import counting
        from rollouts.health.sources.conventions import KNOWN, conventions
        from rollouts.health.sources.openmetrics import OpenMetrics
        from rollouts.health.sources.server import Prometheus

        for kind in (OpenMetrics(), Prometheus(), Push(), Checks()):
            metric_sources.register(kind.kind, kind)
        for convention in KNOWN:
            conventions.register(convention.name, convention)
        for section in SECTIONS:
            sections.register(section.name, section)
        call_counts.register("health", contract_calls.by_version)
        version_callers.register("health", versions.callers)
        due_work.register(
            "health.collect",
            DueWork(
                "health.collect",
                services.due_sources,
                lambda pk: services.collect([pk]),
                run_batch=services.collect,
            ),
        )
        due_work.register(
            "health.prune",
            DueWork("health.prune", services.sources_to_prune, services.prune, batch=5),
        )
        due_work.register("health.windows", DueWork("health.windows", keeping.due, keeping.keep, batch=5))
        due_work.register("health.hours", DueWork("health.hours", hours.due, hours.roll, batch=1))
        due_work.register("health.days", DueWork("health.days", hours.due_days, hours.keep_day, batch=5))
        due_work.register("health.probes", DueWork("health.probes", probes.due, probes.run, batch=1))
        due_work.register("health.runs", DueWork("health.runs", probes.due_days, probes.keep_day, batch=5))
        due_work.register("health.graph", DueWork("health.graph", composing.due, composing.compose, batch=10))
        due_work.register("health.edges", DueWork("health.edges", edges.due, edges.count, batch=10))
        due_work.register(
            "health.slos",
            DueWork("health.slos", counting.due, counting.count, batch=500, run_batch=counting.count_many),
        )
