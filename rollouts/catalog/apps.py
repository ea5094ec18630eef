from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "rollouts.catalog"
    label = "catalog"
