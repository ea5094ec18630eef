"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.decisions import api

urlpatterns = [
    path("rollouts/", api.Rollouts.as_view(), name="rollouts"),
    path("rollouts/<slug:slug>/", api.OneRollout.as_view(), name="rollout"),
    path("rollouts/<slug:slug>/decisions/", api.Decisions.as_view(), name="decisions"),
    path("rollouts/<slug:slug>/events/", api.Events.as_view(), name="events"),
]
