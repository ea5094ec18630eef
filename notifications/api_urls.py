"""Addresses under /api/v1/."""

from django.urls import path

from notifications import api

urlpatterns = [
    path("deliveries/", api.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/retry/", api.Retry.as_view(), name="delivery-retry"),
    path("slack/check/", api.SlackCheck.as_view(), name="slack-check"),
]
