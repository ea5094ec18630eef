"""A local Slack and a mailbox, and the settings that lead there."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from demo.mailbox.server import LocalMailbox
from demo.slack.server import LocalSlack


def through_django(path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    """The workspace's requests to us, without a server between."""
    given = dict(headers)
    response = Client().post(path, data=body, content_type=given.pop("Content-Type"), headers=given)
    return response.status_code, response.content


@pytest.fixture
def slack(settings: Any) -> Iterator[LocalSlack]:
    """A workspace without rate limits of its own; ours are off too, so that tests do not wait."""
    secret = settings.SLACK_SIGNING_SECRET
    with LocalSlack(limits=False, signing_secret=secret, send=through_django) as workspace:
        settings.SLACK_API_URL = f"{workspace.url}/api/"
        settings.SLACK_BOT_TOKEN = workspace.token
        settings.SLACK_DEFAULT_CHANNEL = "#rollouts"
        settings.GATEHOUSE_SLACK_PACE_S = 0.0
        yield workspace


@pytest.fixture
def mailbox(settings: Any) -> Iterator[LocalMailbox]:
    """A mail server that takes everything."""
    with LocalMailbox() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = box.smtp_host, box.smtp_port
        yield box
