"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.catalog import api

urlpatterns = [
    path("catalog/", api.WholeCatalog.as_view(), name="catalog"),
    path("catalog/teams/<slug:slug>/", api.OneTeam.as_view(), name="catalog-team"),
    path("environments/", api.Environments.as_view(), name="environments"),
    path("environments/<slug:slug>/", api.OneEnvironment.as_view(), name="environment"),
    path("services/", api.Services.as_view(), name="services"),
    path("services/<slug:slug>/", api.OneService.as_view(), name="service"),
]
