from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "rollouts.accounts"
    label = "accounts"

    def ready(self) -> None:
        from rollouts.accounts import schema  # noqa: F401 - registers itself with the schema's generator
