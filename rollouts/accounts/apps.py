from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "rollouts.accounts"
    label = "accounts"
