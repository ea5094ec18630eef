"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.contracts import api
from rollouts.contracts.deprecating import api as deprecating
# off 0
from rollouts.contracts.importing import api as importing
from rollouts.contracts.using import api as using
from rollouts.contracts.versioning import api as versioning

urlpatterns = [
    path("contracts/", api.Contracts.as_view(), name="contracts"),
    path("contracts/<slug:slug>/", api.OneContract.as_view(), name="contract"),
    path("contracts/<slug:slug>/versions/<str:version>/", api.OneVersion.as_view(), name="contract-version"),
# off 1
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
    path("contracts/<slug:slug>/rules/", versioning.OneRules.as_view(), name="contract-rules"),
# off 2
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
