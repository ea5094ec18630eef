from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "rollouts.contracts"
    label = "contracts"
