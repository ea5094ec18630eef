"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.contracts import api
from rollouts.contracts.deprecating import api as deprecating
from rollouts.contracts.documents import api as documents
from rollouts.contracts.importing import api as importing
from rollouts.contracts.readiness import api as readiness
from rollouts.contracts.using import api as using
from rollouts.contracts.versioning import api as versioning

urlpatterns = [
    path("contracts/", api.Contracts.as_view(), name="contracts"),
    path("contracts/<slug:slug>/", api.OneContract.as_view(), name="contract"),
    path("contracts/<slug:slug>/versions/<str:version>/", api.OneVersion.as_view(), name="contract-version"),
    path(
        "contracts/<slug:slug>/versions/<str:version>/document/",
        documents.OneDocument.as_view(),
        name="contract-document",
    ),
    path(
        "contracts/<slug:slug>/versions/<str:version>/document/fetch/",
        documents.FetchedDocument.as_view(),
        name="contract-document-fetch",
    ),
    path(
        "contracts/<slug:slug>/versions/<str:version>/end/",
        deprecating.End.as_view(),
        name="contract-version-end",
    ),
    path(
        "contracts/<slug:slug>/versions/<str:version>/retire/",
        deprecating.Retire.as_view(),
        name="contract-version-retire",
    ),
    path(
        "contracts/<slug:slug>/readiness/", readiness.ContractReadiness.as_view(), name="contract-readiness"
    ),
    path("contracts/<slug:slug>/rules/", versioning.OneRules.as_view(), name="contract-rules"),
    path("contracts/<slug:slug>/diff/", documents.Diff.as_view(), name="contract-diff"),
    path("contract-elements/", documents.Elements.as_view(), name="contract-elements"),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/",
        api.OneConsumer.as_view(),
        name="contract-consumer",
    ),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/parts/",
        using.Parts.as_view(),
        name="contract-consumer-parts",
    ),
    path(
        "contracts/<slug:slug>/consumers/<slug:service>/parts/<int:pk>/",
        using.OnePart.as_view(),
        name="contract-consumer-part",
    ),
    path("imports/", importing.Imports.as_view(), name="imports"),
    path("imports/<slug:slug>/", importing.OneImport.as_view(), name="import"),
    path("imports/<slug:slug>/ask/", importing.AskImport.as_view(), name="import-ask"),
    path("dependencies/", api.Dependencies.as_view(), name="dependencies"),
    path("dependencies/<slug:service>/<slug:calls>/", api.OneDependency.as_view(), name="dependency"),
]
