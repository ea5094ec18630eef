from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "rollouts.evidence"
    label = "evidence"

    def ready(self) -> None:
        from rollouts.evidence.panels import ROLLOUT, VERSION
        from rollouts.lib.panels import panels, readiness_page

        panels.register(ROLLOUT.name, ROLLOUT)
        readiness_page.register(VERSION.name, VERSION)
