"""Addresses of the catalog outside the API."""

from django.urls import path

from rollouts.catalog import api
from rollouts.catalog.pages import entries, file

app_name = "catalog"

urlpatterns = [
    path("schemas/catalog/v1.json", api.schema, name="schema"),
    path("catalog/", entries.home, name="home"),
    path("catalog/file/", file.apply, name="file"),
    path("catalog/environments/new/", entries.environment, name="environment-new"),
    path("catalog/environments/<slug:slug>/", entries.environment, name="environment"),
    path("catalog/teams/new/", entries.team, name="team-new"),
    path("catalog/teams/<slug:slug>/", entries.team, name="team"),
    path("catalog/services/new/", entries.service, name="service-new"),
    path("catalog/services/<slug:slug>/", entries.service, name="service"),
    path("catalog/services/<slug:slug>/retire/", entries.retire, name="service-retire"),
]
