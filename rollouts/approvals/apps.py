from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    name = "rollouts.approvals"
    label = "approvals"
