"""Addresses of messages: what Slack calls, linking, deliveries and endpoints."""

from django.urls import path

from notifications.pages import choosing, deliveries, slack, webhooks
from notifications.slack import link, views

app_name = "notifications"
urlpatterns = [
    path("slack/interactions/", views.interactions, name="slack_interactions"),
    path("slack/commands/", views.command, name="slack_command"),
    path("slack/events/", views.events, name="slack_events"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/retry/", deliveries.retry, name="retry"),
    path("slack/", slack.slack, name="slack"),
    path("webhooks/", webhooks.webhooks, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook-new"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/secret/", webhooks.webhook_secret, name="webhook-secret"),
    path("webhooks/<int:pk>/switch/", webhooks.webhook_switch, name="webhook-switch"),
    path("webhooks/<int:pk>/test/", webhooks.webhook_test, name="webhook-test"),
    path("me/notifications/", choosing.choosing, name="choosing"),
    path("accounts/slack/link/", link.slack_link, name="slack_link"),
]
