from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    name = "rollouts.decisions"
    label = "decisions"
