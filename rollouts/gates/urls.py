"""Addresses of gates outside the API."""

from django.urls import path

from rollouts.gates.questions import pages

app_name = "gates"

urlpatterns = [
    path("contracts/<slug:slug>/versions/<str:version>/answers/", pages.version, name="answers"),
    path("contracts/<slug:slug>/badges/", pages.share, name="badges"),
    path("badges/<slug:slug>/<str:version>/<slug:question>.svg", pages.badge, name="badge"),
]
