"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.dashboard import api

urlpatterns = [
    path("search/", api.Search.as_view(), name="search"),
    path("rollouts/<slug:slug>/series/", api.RolloutSeries.as_view(), name="rollout-series"),
]
