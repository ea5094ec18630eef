"""Addresses of public pages, of the form beside them, and of the owner's desk."""

from django.urls import URLPattern, path

from rollouts.statuspages import letters, public, views

app_name = "statuspages"


def _public(prefix: str, name: str) -> list[URLPattern]:
    """A page with its JSON and feed."""
    return [
        path(prefix, public.page, name=name),
        path(f"{prefix}status.json", public.page, name=f"{name}-json"),
        path(f"{prefix}feed.atom", public.page, name=f"{name}-feed"),
    ]


urlpatterns = [
    *_public("status/", "default"),
    *_public("status/<slug:site>/", "site"),
    *_public("status/<slug:site>/<slug:rollout>/", "rollout"),
    path("status/<slug:site>/<slug:rollout>/feedback/", letters.write, name="write"),
    path("status/<slug:site>/<slug:rollout>/feedback/<str:key>/", letters.letter, name="letter"),
    path("rollouts/<slug:slug>/updates/", views.updates, name="updates"),
    path("rollouts/<slug:slug>/feedback/", views.feedback, name="feedback"),
    path("rollouts/<slug:slug>/feedback/<int:pk>/answer/", views.answer, name="answer"),
    path("rollouts/<slug:slug>/link/", views.link, name="link"),
    path("rollouts/<slug:slug>/public-preview/", views.preview, name="preview"),
]
