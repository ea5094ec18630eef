from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "rollouts.contracts"
    label = "contracts"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, due_work
        from rollouts.catalog.registry import Reader, readers, sections
        from rollouts.contracts.backstage import applying, entities
        from rollouts.contracts.deprecating import reminding
        from rollouts.contracts.importing import services as importing
        from rollouts.contracts.sections import SECTIONS

        for section in SECTIONS:
            sections.register(section.name, section)
        readers.register("backstage", Reader("backstage", entities.knows, applying.apply))
        due_work.register(
            "contracts.imports", DueWork("contracts.imports", importing.due, importing.run, batch=1)
        )
        due_work.register(
            "contracts.sunsets", DueWork("contracts.sunsets", reminding.due, reminding.remind, batch=20)
        )
