"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.contracts import api

urlpatterns = [
    path("contracts/", api.Contracts.as_view(), name="contracts"),
    path("contracts/<slug:slug>/", api.OneContract.as_view(), name="contract"),
    path("dependencies/", api.Dependencies.as_view(), name="dependencies"),
]
