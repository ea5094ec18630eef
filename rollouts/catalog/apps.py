from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "rollouts.catalog"
    label = "catalog"

    def ready(self) -> None:
        from rollouts.catalog.registry import sections
        from rollouts.catalog.sections import SECTIONS

        for section in SECTIONS:
            sections.register(section.name, section)
