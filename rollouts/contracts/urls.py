"""Addresses of contracts and dependencies outside the API."""

from django.urls import path

from rollouts.contracts.deprecating import pages as deprecating
# off 0
from rollouts.contracts.pages import changing, reading
from rollouts.contracts.importing import pages as importing
from rollouts.contracts.using import pages as using
from rollouts.contracts.versioning import pages as versioning

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
# off 1
    path("contracts/<slug:slug>/versions/<str:version>/end/", deprecating.end, name="version-end"),
    path(
        "contracts/<slug:slug>/versions/<str:version>/retire/", deprecating.retire, name="version-retire"
    ),
# off 2
    path("contracts/<slug:slug>/rules/", versioning.rules, name="rules"),
# off 3
    path("contracts/<slug:slug>/consumers/", changing.consumer, name="consumer-new"),
    path("contracts/<slug:slug>/consumers/<slug:service>/", changing.consumer, name="consumer"),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/remove/",
        changing.remove_consumer,
        name="consumer-remove",
    ),
    path("contracts/<slug:slug>/consumers/<slug:service>/parts/", using.parts, name="consumer-parts"),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/parts/<int:pk>/remove/",
        using.remove,
        name="consumer-part-remove",
    ),
    path("imports/", importing.imports, name="imports"),
    path("imports/new/", importing.one, name="import-new"),
    path("imports/<slug:slug>/", importing.one, name="import"),
    path("imports/<slug:slug>/ask/", importing.ask, name="import-ask"),
    path("imports/<slug:slug>/stop/", importing.stop, name="import-stop"),
    path("dependencies/", reading.dependencies, name="dependencies"),
    path(
        "dependencies/<slug:service>/<slug:calls>/remove/",
        changing.remove_dependency,
        name="dependency-remove",
    ),
]
