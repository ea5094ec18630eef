"""Addresses of the catalog outside the API."""

from django.urls import path

from rollouts.catalog import api

app_name = "catalog"

urlpatterns = [path("schemas/catalog/v1.json", api.schema, name="schema")]
