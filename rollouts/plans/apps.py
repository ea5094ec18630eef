from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "rollouts.plans"
    label = "plans"
