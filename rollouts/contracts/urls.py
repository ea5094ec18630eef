"""Addresses of contracts and dependencies outside the API."""

from django.urls import path

from rollouts.contracts.pages import changing, reading

app_name = "contracts"

urlpatterns = [
    path("contracts/", reading.contracts, name="contracts"),
    path("contracts/new/", changing.contract, name="contract-new"),
    path("contracts/<slug:slug>/", reading.contract, name="contract"),
    path("contracts/<slug:slug>/edit/", changing.contract, name="contract-edit"),
    path("contracts/<slug:slug>/retire/", changing.retire, name="contract-retire"),
    path("contracts/<slug:slug>/versions/", changing.version, name="version-new"),
    path("contracts/<slug:slug>/versions/<str:version>/", changing.version, name="version"),
    path(
        "contracts/<slug:slug>/versions/<str:version>/remove/", changing.remove_version, name="version-remove"
    ),
    path("contracts/<slug:slug>/consumers/", changing.consumer, name="consumer-new"),
    path("contracts/<slug:slug>/consumers/<slug:service>/", changing.consumer, name="consumer"),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/remove/",
        changing.remove_consumer,
        name="consumer-remove",
    ),
    path("dependencies/", reading.dependencies, name="dependencies"),
    path(
        "dependencies/<slug:service>/<slug:calls>/remove/",
        changing.remove_dependency,
        name="dependency-remove",
    ),
]
