"""Every address of the product. Each package brings `urls` (pages) and `api_urls` (under /api/v1/)."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView

from config import api, metrics, operations

PACKAGES = [app for app in settings.INSTALLED_APPS if app.startswith(("rollouts.", "notifications"))]


def _included(module: str) -> list[URLResolver]:
    """The addresses of each package that has some."""
    found = [f"{package}.{module}" for package in PACKAGES if find_spec(f"{package}.{module}")]
    return [path("", include(import_module(name))) for name in found]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", operations.healthz, name="healthz"),
    path("readyz", operations.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("accounts/", include("allauth.account.urls")),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/", api.reference, name="api-reference"),
    path("api/v1/", api.index, name="api-index"),
    path("api/v1/", include((_included("api_urls"), "api"))),
    path("api/v1/<path:rest>", api.missing),
    *_included("urls"),
]
