"""Addresses under /api/v1/."""

from django.urls import path

from notifications import api, api_choosing, api_webhooks

urlpatterns = [
    path("deliveries/", api.Deliveries.as_view(), name="deliveries"),
    path("deliveries/<int:pk>/retry/", api.Retry.as_view(), name="delivery-retry"),
    path("slack/check/", api.SlackCheck.as_view(), name="slack-check"),
    path("me/notifications/", api_choosing.Chosen.as_view(), name="me-notifications"),
    path("webhooks/", api_webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<int:pk>/", api_webhooks.OneWebhook.as_view(), name="webhook"),
    path("webhooks/<int:pk>/secret/", api_webhooks.Secret.as_view(), name="webhook-secret"),
    path("webhooks/<int:pk>/test/", api_webhooks.Attempt.as_view(), name="webhook-test"),
    path("webhooks/<int:pk>/deliveries/", api_webhooks.Sent.as_view(), name="webhook-deliveries"),
]
