"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.evidence import api

urlpatterns = [
    path("evidence/", api.Evidence.as_view(), name="evidence"),
    path("evidence/pact-broker/", api.PactBroker.as_view(), name="evidence-pact-broker"),
    path("evidence/<int:pk>/", api.OneEvidence.as_view(), name="evidence-result"),
]
