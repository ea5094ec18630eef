from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "rollouts.contracts"
    label = "contracts"

    def ready(self) -> None:
        from rollouts.catalog.registry import sections
        from rollouts.contracts.sections import SECTIONS

        for section in SECTIONS:
            sections.register(section.name, section)
