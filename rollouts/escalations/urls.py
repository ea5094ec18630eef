"""Addresses of escalations outside the API."""

from django.urls import path

from rollouts.escalations.pages import policies, runs

app_name = "escalations"

urlpatterns = [
    path("escalations/", runs.runs, name="runs"),
    path("escalations/E-<int:pk>/", runs.run, name="run"),
    path("escalations/E-<int:pk>/acknowledge/", runs.acknowledge, name="acknowledge"),
    path("escalations/E-<int:pk>/next/", runs.call_next, name="next"),
    path("escalations/policies/", policies.policies, name="policies"),
    path("escalations/policies/new/", policies.new, name="policy-new"),
    path("escalations/policies/<slug:slug>/", policies.policy, name="policy"),
    path("escalations/policies/<slug:slug>/remove/", policies.remove, name="policy-remove"),
]
