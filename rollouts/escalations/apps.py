from django.apps import AppConfig


class EscalationsConfig(AppConfig):
    name = "rollouts.escalations"
    label = "escalations"

    def ready(self) -> None:
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.escalations import following, services

        followers.register("escalations", Follower("escalations", following.wants, following.follow))
        due_work.register("escalations.runs", DueWork("escalations.runs", services.due, services.advance))
