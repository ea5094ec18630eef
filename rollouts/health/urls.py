"""Addresses of the pages about metric sources and SLOs."""

from django.urls import path

from rollouts.health import pages
from rollouts.health.edges import pages as edges
from rollouts.health.edges import reaching
from rollouts.health.probes import pages as probes
from rollouts.health.slos import pages as slos
from rollouts.health.sources import pages as servers

app_name = "health"

urlpatterns = [
    path("dependencies/seen/", edges.seen, name="edges"),
    path("dependencies/seen/answer/", edges.answer, name="edge-answer"),
    path("dependencies/seen/answers/<int:pk>/take-back/", edges.take_back, name="edge-take-back"),
    path("dependencies/of/<slug:slug>/", reaching.reach, name="reach"),
    path("sources/", pages.sources, name="sources"),
    path("sources/new/", pages.source, name="source-new"),
    path("sources/new/prometheus/", pages.source, {"kind": "prometheus"}, name="prometheus-new"),
    path("sources/new/push/", pages.source, {"kind": "push"}, name="push-new"),
    path("sources/<slug:slug>/", pages.source, name="source"),
    path("sources/<slug:slug>/switch/", pages.switch, name="switch"),
    path("sources/<slug:slug>/access/", servers.access, name="access"),
    path("sources/<slug:slug>/access/forget/", servers.forget, name="access-forget"),
    path("sources/<slug:slug>/signals/new/", servers.signal, name="signal-new"),
    path("sources/<slug:slug>/signals/<slug:name>/", servers.signal, name="signal"),
    path("sources/<slug:slug>/signals/<slug:name>/remove/", servers.remove, name="signal-remove"),
    path("probes/", probes.probes, name="probes"),
    path("probes/new/", probes.edit, name="probe-new"),
    path("probes/<slug:slug>/", probes.probe, name="probe"),
    path("probes/<slug:slug>/edit/", probes.edit, name="probe-edit"),
    path("probes/<slug:slug>/secrets/", probes.edit_secrets, name="probe-secrets"),
    path("probes/<slug:slug>/run/", probes.run, name="probe-run"),
    path("probes/<slug:slug>/end/", probes.end, name="probe-end"),
    path("slos/", slos.slos, name="slos"),
    path("slos/new/", slos.edit, name="slo-new"),
    path("slos/import/", slos.import_openslo, name="slo-import"),
    path("slos/<slug:slug>/", slos.slo, name="slo"),
    path("slos/<slug:slug>/edit/", slos.edit, name="slo-edit"),
    path("slos/<slug:slug>/end/", slos.end, name="slo-end"),
]
