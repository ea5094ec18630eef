"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.health import api
from rollouts.health.slos import api as slos

urlpatterns = [
    path("sources/", api.Sources.as_view(), name="sources"),
    path("sources/<slug:slug>/", api.OneSource.as_view(), name="source"),
    path("slos/", slos.Slos.as_view(), name="slos"),
    path("slos/import/", slos.ImportOpenSlo.as_view(), name="slo-import"),
    path("slos/<slug:slug>/", slos.OneSlo.as_view(), name="slo"),
]
