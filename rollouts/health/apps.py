from django.apps import AppConfig


class HealthConfig(AppConfig):
    name = "rollouts.health"
    label = "health"
