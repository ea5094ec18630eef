"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.gates import api

urlpatterns = [
    path("rollouts/<slug:slug>/gates/", api.Gates.as_view(), name="gates"),
    path("gates/<int:pk>/", api.OneGate.as_view(), name="gate"),
    path("gates/<int:pk>/verdicts/", api.Verdicts.as_view(), name="gate-verdicts"),
    path("gates/<int:pk>/recompute/", api.Recompute.as_view(), name="gate-recompute"),
    path("gates/<int:pk>/ticks/", api.Ticks.as_view(), name="gate-ticks"),
]
