from django.apps import AppConfig


class GatesConfig(AppConfig):
    name = "rollouts.gates"
    label = "gates"
