from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "rollouts.dashboard"
    label = "dashboard"

    def ready(self) -> None:
        from rollouts.dashboard import registering

        registering.register()
