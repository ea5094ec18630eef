from django.apps import AppConfig


class EscalationsConfig(AppConfig):
    name = "rollouts.escalations"
    label = "escalations"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.escalations import following, needs, services
        from rollouts.escalations.panels import PANEL
        from rollouts.lib import inbox
        from rollouts.lib.panels import panels

        followers.register("escalations", Follower("escalations", following.wants, following.follow))
        due_work.register("escalations.runs", DueWork("escalations.runs", services.due, services.advance))
        panels.register(PANEL.name, PANEL)
        inbox.sources.register("escalations", needs.answers)
