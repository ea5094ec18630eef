"""Addresses of messages: what Slack calls, linking, deliveries and endpoints."""

from django.urls import path

from notifications.pages import deliveries, slack
from notifications.slack import link, views

app_name = "notifications"
urlpatterns = [
    path("slack/interactions/", views.interactions, name="slack_interactions"),
    path("slack/commands/", views.command, name="slack_command"),
    path("slack/events/", views.events, name="slack_events"),
    path("deliveries/", deliveries.deliveries, name="deliveries"),
    path("deliveries/<int:pk>/retry/", deliveries.retry, name="retry"),
    path("slack/", slack.slack, name="slack"),
    path("accounts/slack/link/", link.slack_link, name="slack_link"),
]
