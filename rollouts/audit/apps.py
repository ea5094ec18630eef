from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "rollouts.audit"
    label = "audit"

    def ready(self) -> None:
        from rollouts.audit import registry, services

        registry.due_work.register(
            "audit.followups",
            registry.DueWork("audit.followups", services.due_followups, services.catch_up),
        )
        registry.due_work.register(
            "audit.checkpoint",
            registry.DueWork("audit.checkpoint", services.due_checkpoint, services.run_checkpoint),
        )
