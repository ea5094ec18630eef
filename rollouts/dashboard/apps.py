from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "rollouts.dashboard"
    label = "dashboard"
