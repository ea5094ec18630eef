"""A local Slack and a mailbox, and the settings that lead there."""

from collections.abc import Iterator
from typing import Any

import pytest

from demo.mailbox.server import LocalMailbox
from demo.slack.server import LocalSlack


@pytest.fixture
def slack(settings: Any) -> Iterator[LocalSlack]:
    """A workspace without rate limits of its own; ours are off too, so that tests do not wait."""
    with LocalSlack(limits=False, signing_secret=settings.SLACK_SIGNING_SECRET) as workspace:
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
