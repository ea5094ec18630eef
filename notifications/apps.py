from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    label = "notifications"

    def ready(self) -> None:
        from notifications import following
        from notifications.channels.base import channels
        from notifications.channels.email import Email
        from notifications.channels.slack import Slack
        from notifications.channels.webhook import Webhook
        from notifications.delivery import queue, sending
        from notifications.panels import PANEL
        from notifications.slack import receipts
        from rollouts.audit.registry import DueWork, Follower, due_work, followers
        from rollouts.lib.panels import panels

        for way in (Slack(), Email(), Webhook()):
            channels.register(way.name, way)
        followers.register("notifications", Follower("notifications", following.wants, following.follow))
        due_work.register(
            "notifications.deliveries", DueWork("notifications.deliveries", queue.due, sending.run)
        )
        due_work.register(
            "notifications.receipts",
            DueWork("notifications.receipts", receipts.due, receipts.forget, batch=200),
        )
        panels.register(PANEL.name, PANEL)
