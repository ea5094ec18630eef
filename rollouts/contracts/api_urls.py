"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.contracts import api

urlpatterns = [
    path("contracts/", api.Contracts.as_view(), name="contracts"),
    path("contracts/<slug:slug>/", api.OneContract.as_view(), name="contract"),
    path("contracts/<slug:slug>/versions/<str:version>/", api.OneVersion.as_view(), name="contract-version"),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/",
        api.OneConsumer.as_view(),
        name="contract-consumer",
    ),
    path("dependencies/", api.Dependencies.as_view(), name="dependencies"),
    path("dependencies/<slug:service>/<slug:calls>/", api.OneDependency.as_view(), name="dependency"),
]
