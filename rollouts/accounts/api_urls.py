"""Addresses under /api/v1/."""

from django.urls import path

from rollouts.accounts import api, api_people

urlpatterns = [
    path("me/", api.Me.as_view(), name="me"),
    path("me/tokens/", api.Tokens.as_view(), name="tokens"),
    path("me/tokens/<int:pk>/", api.OneToken.as_view(), name="token"),
    path("people/", api_people.People.as_view(), name="people"),
    path("people/<int:pk>/", api_people.OnePerson.as_view(), name="person"),
    path("teams/", api.Teams.as_view(), name="teams"),
    path("teams/<slug:slug>/roles/", api.Roles.as_view(), name="team-roles"),
    path("teams/<slug:slug>/on-call/", api.OnCall.as_view(), name="team-on-call"),
]
