"""How tests talk to the local Slack beside its API: why it refused, and what it is told to do."""

import json
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from demo.fleet.calls import Client
from demo.slack.server import LocalSlack


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    return str(error.value.response["error"])


def control(slack: LocalSlack, **orders: Any) -> int:
    caller = Client(slack.url, timeout_s=5)
    body, headers = json.dumps(orders).encode(), {"Content-Type": "application/json"}
    status = caller.call("POST", "/_control", body=body, headers=headers).status
    caller.close()
    return status
