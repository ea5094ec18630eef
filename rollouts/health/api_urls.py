"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.health import api
from rollouts.health.edges import api as edges
from rollouts.health.edges import reaching_api as reaching
from rollouts.health.graph import api as graph
from rollouts.health.probes import api as probes
from rollouts.health.pushing import api as pushing
from rollouts.health.slos import api as slos
from rollouts.health.sources import api as servers

urlpatterns = [
    path("sources/", api.Sources.as_view(), name="sources"),
    path("sources/<slug:slug>/", api.OneSource.as_view(), name="source"),
    path("sources/<slug:slug>/access/", servers.SourceAccess.as_view(), name="source-access"),
    path("sources/<slug:slug>/signals/", servers.Signals.as_view(), name="source-signals"),
    path("sources/<slug:slug>/signals/<slug:name>/", servers.OneSignal.as_view(), name="source-signal"),
    path("sources/<slug:slug>/offers/", servers.Offers.as_view(), name="source-offers"),
    path("sources/<slug:slug>/proposal/", servers.Proposed.as_view(), name="source-proposal"),
    path("sources/<slug:slug>/measurements/", pushing.Measurements.as_view(), name="source-measurements"),
    path("sources/<slug:slug>/otlp/v1/metrics", pushing.OtlpMetrics.as_view(), name="source-otlp"),
    path("edges/", edges.Edges.as_view(), name="edges"),
    path("edges/answers/", edges.Answers.as_view(), name="edge-answers"),
    path("edges/answers/<int:pk>/", edges.OneAnswer.as_view(), name="edge-answer"),
    path("services/<slug:slug>/reach/", reaching.ServiceReach.as_view(), name="service-reach"),
    path("alerts/", graph.Alerts.as_view(), name="alerts"),
    path("probes/", probes.Probes.as_view(), name="probes"),
    path("probes/<slug:slug>/", probes.OneProbe.as_view(), name="probe"),
    path("probes/<slug:slug>/run/", probes.RunProbe.as_view(), name="probe-run"),
    path("probes/<slug:slug>/secrets/", probes.ProbeSecrets.as_view(), name="probe-secrets"),
    path("slos/", slos.Slos.as_view(), name="slos"),
    path("slos/import/", slos.ImportOpenSlo.as_view(), name="slo-import"),
    path("slos/<slug:slug>/", slos.OneSlo.as_view(), name="slo"),
]
