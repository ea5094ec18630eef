from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "rollouts.evidence"
    label = "evidence"
