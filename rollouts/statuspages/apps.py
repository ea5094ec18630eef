from django.apps import AppConfig


class StatuspagesConfig(AppConfig):
    name = "rollouts.statuspages"
    label = "statuspages"
