"""Pages of people and teams."""

from django.urls import path

from rollouts.accounts import people, views

app_name = "accounts"
urlpatterns = [
    path("me/", views.profile, name="profile"),
    path("me/tokens/", views.make_token, name="make_token"),
    path("me/tokens/<int:pk>/revoke/", views.revoke_token, name="revoke_token"),
    path("people/", people.people, name="people"),
    path("people/<int:pk>/active/", people.set_active, name="set_active"),
    path("teams/", views.teams, name="teams"),
    path("teams/<slug:slug>/", views.team, name="team"),
    path("teams/<slug:slug>/roles/", views.give_role, name="give_role"),
    path("teams/<slug:slug>/roles/<int:person>/<slug:role>/take/", views.take_role, name="take_role"),
    path("teams/<slug:slug>/on-call/", views.set_on_call, name="set_on_call"),
]
