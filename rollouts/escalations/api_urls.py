"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.escalations import api

urlpatterns = [
    path("escalations/", api.Runs.as_view(), name="escalations"),
    path("escalations/<int:pk>/", api.OneRun.as_view(), name="escalation"),
    path("escalations/<int:pk>/acknowledge/", api.Acknowledge.as_view(), name="escalation-acknowledge"),
    path("escalations/<int:pk>/next/", api.CallNext.as_view(), name="escalation-next"),
    path("escalation-policies/", api.Policies.as_view(), name="escalation-policies"),
    path("escalation-policies/<slug:slug>/", api.OnePolicy.as_view(), name="escalation-policy"),
]
