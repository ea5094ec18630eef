"""Addresses of approval policies and delegations outside the API."""

from django.urls import path

from rollouts.approvals import pages

app_name = "approvals"

urlpatterns = [
    path("policies/", pages.policies, name="policies"),
    path("policies/<slug:slug>/", pages.policy, name="policy"),
    path("delegations/", pages.delegations, name="delegations"),
    path("delegations/<int:pk>/end/", pages.end, name="delegation-end"),
]
