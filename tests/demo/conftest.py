"""The local Slack without its rate limits, and Slack's own client of it."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient

from demo.slack.server import LocalSlack


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    with LocalSlack(limits=False) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.token, base_url=f"{slack.url}/api/", retry_handlers=[])
