"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.gates import api
from rollouts.gates.backtest import api as backtests
from rollouts.gates.baselines import api as baselines
from rollouts.gates.questions import api as questions

urlpatterns = [
    path("rollouts/<slug:slug>/gates/", api.Gates.as_view(), name="gates"),
    path("rollouts/<slug:slug>/backtests/", backtests.Backtests.as_view(), name="backtests"),
    path("rollouts/<slug:slug>/backtests/<int:pk>/", backtests.OneBacktest.as_view(), name="backtest"),
    path("rollouts/<slug:slug>/baselines/", baselines.Baselines.as_view(), name="baselines"),
    path(
        "contracts/<slug:slug>/versions/<str:version>/can-promote/",
        questions.CanPromote.as_view(),
        name="contract-can-promote",
    ),
    path(
        "contracts/<slug:slug>/versions/<str:version>/can-retire/",
        questions.CanRetire.as_view(),
        name="contract-can-retire",
    ),
    path("contracts/<slug:slug>/badges/", questions.Badges.as_view(), name="contract-badges"),
    path("gates/<int:pk>/", api.OneGate.as_view(), name="gate"),
    path("gates/<int:pk>/verdicts/", api.Verdicts.as_view(), name="gate-verdicts"),
    path("gates/<int:pk>/recompute/", api.Recompute.as_view(), name="gate-recompute"),
    path("gates/<int:pk>/ticks/", api.Ticks.as_view(), name="gate-ticks"),
]
