"""Addresses of contracts and dependencies outside the API."""

from django.urls import path

from rollouts.contracts.deprecating import pages as deprecating
from rollouts.contracts.documents import pages as documents
from rollouts.contracts.importing import pages as importing
from rollouts.contracts.pages import changing, reading
from rollouts.contracts.readiness import pages as readiness
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
    path("contracts/<slug:slug>/versions/<str:version>/document/", documents.document, name="document"),
    path(
        "contracts/<slug:slug>/versions/<str:version>/document/file/",
        documents.source,
        name="document-source",
    ),
    path("contracts/<slug:slug>/versions/<str:version>/document/give/", documents.give, name="document-give"),
    path("contracts/<slug:slug>/versions/<str:version>/end/", deprecating.end, name="version-end"),
    path("contracts/<slug:slug>/versions/<str:version>/retire/", deprecating.retire, name="version-retire"),
    path("contracts/<slug:slug>/document/", documents.give, name="document-new"),
    path("contracts/<slug:slug>/rules/", versioning.rules, name="rules"),
    path("contracts/<slug:slug>/diff/", documents.diff, name="diff"),
    path("contracts/<slug:slug>/readiness/", readiness.readiness, name="readiness"),
    path("contracts/<slug:slug>/readiness/<slug:service>/", readiness.sign, name="readiness-sign"),
    path("contract-elements/", documents.elements, name="elements"),
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
