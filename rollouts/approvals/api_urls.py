"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.approvals import api

urlpatterns = [
    path("policies/", api.Policies.as_view(), name="policies"),
    path("policies/<slug:slug>/", api.OnePolicy.as_view(), name="policy"),
    path("delegations/", api.Delegations.as_view(), name="delegations"),
    path("delegations/<int:pk>/", api.OneDelegation.as_view(), name="delegation"),
]
