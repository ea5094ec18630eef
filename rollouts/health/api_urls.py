"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.health import api

urlpatterns = [
    path("sources/", api.Sources.as_view(), name="sources"),
    path("sources/<slug:slug>/", api.OneSource.as_view(), name="source"),
]
