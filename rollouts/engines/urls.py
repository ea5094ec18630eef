"""Addresses of the flags' door and of the pages about its tokens."""

from django.urls import path

from rollouts.engines import ofrep, views

app_name = "engines"

urlpatterns = [
    path("ofrep/v1/evaluate/flags", ofrep.all_flags, name="all_flags"),
    path("ofrep/v1/evaluate/flags/<path:key>", ofrep.one_flag, name="one_flag"),
    path("services/<slug:service>/tokens/", views.tokens, name="tokens"),
    path("services/<slug:service>/tokens/<int:pk>/revoke/", views.revoke, name="revoke"),
]
