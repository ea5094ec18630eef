"""The part of the API about flag tokens."""

from django.urls import path

from rollouts.engines import api

urlpatterns = [
    path("services/<slug:service>/tokens/", api.ServiceTokens.as_view(), name="service-tokens"),
    path("services/<slug:service>/tokens/<int:pk>/", api.OneServiceToken.as_view(), name="service-token"),
]
