"""Addresses of the pages about metric sources."""

from django.urls import path

from rollouts.health import pages

app_name = "health"

urlpatterns = [
    path("sources/", pages.sources, name="sources"),
    path("sources/new/", pages.source, name="source-new"),
    path("sources/<slug:slug>/", pages.source, name="source"),
    path("sources/<slug:slug>/switch/", pages.switch, name="switch"),
]
