"""Addresses of plans outside the API."""

from django.urls import path

from rollouts.plans import api

app_name = "plans"

urlpatterns = [path("schemas/plan/v1.json", api.schema, name="schema")]
