from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "rollouts.audit"
    label = "audit"
