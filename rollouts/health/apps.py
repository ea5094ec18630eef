from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "rollouts.health"
    label = "health"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, due_work
        from rollouts.catalog.registry import sections
        from rollouts.health import services
        from rollouts.health.sections import SECTIONS
        from rollouts.health.slos import counting

        for section in SECTIONS:
            sections.register(section.name, section)
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
        due_work.register(
            "health.slos",
            DueWork("health.slos", counting.due, counting.count, batch=500, run_batch=counting.count_many),
        )
