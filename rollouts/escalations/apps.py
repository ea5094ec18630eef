from django.apps import AppConfig


class EscalationsConfig(AppConfig):
    name = "rollouts.escalations"
    label = "escalations"
