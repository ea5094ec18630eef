from django.apps import AppConfig


class EnginesConfig(AppConfig):
    name = "rollouts.engines"
    label = "engines"
