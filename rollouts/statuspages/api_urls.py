"""The part of the API about readers."""

from django.urls import path

from rollouts.statuspages import api

urlpatterns = [
    path("rollouts/<slug:slug>/updates/", api.Updates.as_view(), name="updates"),
    path("rollouts/<slug:slug>/feedback/", api.Letters.as_view(), name="feedback"),
    path("rollouts/<slug:slug>/feedback/<int:pk>/answer/", api.Answer.as_view(), name="answer"),
    path("rollouts/<slug:slug>/link/", api.Link.as_view(), name="link"),
    path("status-sites/", api.Sites.as_view(), name="status-sites"),
    path("status-sites/<slug:slug>/", api.OneSite.as_view(), name="status-site"),
]
