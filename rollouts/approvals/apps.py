from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "rollouts.approvals"
    label = "approvals"

    def ready(self) -> None:
        from rollouts.approvals.sections import SECTIONS
        from rollouts.catalog.registry import sections

        for section in SECTIONS:
            sections.register(section.name, section)
