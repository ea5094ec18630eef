"""Addresses of evidence outside the API."""

from django.urls import path

from rollouts.evidence import pages

app_name = "evidence"

urlpatterns = [
    path("evidence/", pages.evidence, name="evidence"),
    path("evidence/new/", pages.record, name="record"),
    path("evidence/<int:pk>/", pages.result, name="result"),
]
