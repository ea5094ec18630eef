"""Addresses of the pages that the dashboard composes."""

from django.urls import path

from rollouts.dashboard import gallery

app_name = "dashboard"

urlpatterns = [
    path("gallery/", gallery.gallery, name="gallery"),
]
