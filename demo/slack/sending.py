"""Requests from Slack to the app: signed, and given up after three seconds."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from demo.fleet.calls import Client

TIMEOUT_S = 3.0
INTERACTIONS, COMMANDS = "/slack/interactions/", "/slack/commands/"

Send = Callable[[str, bytes, dict[str, str]], tuple[int, bytes]]
"""Posts (path, body, headers) and gives (status, body); for tests that have no address to call."""


@dataclass(frozen=True)
class Delivery:
    """One request to the app and its answer. `status` is 0 when none came within three seconds."""

    path: str
    body: bytes
    headers: dict[str, str]
    status: int
    answer: bytes
    seconds: float

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The answer as JSON, None when it is empty or none."""
        try:
            return json.loads(self.answer)
        except ValueError:
            return None


def sign(secret: str, body: bytes, *, at: int) -> dict[str, str]:
    """Slack's v0 signature of a body at a time (seconds since 1970)."""
    base = f"v0:{at}:".encode() + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}"}


class Sender:
    """Knows the app's address and secret."""

    def __init__(self, *, secret: str, gatehouse_url: str, send: Send | None = None) -> None:
        self.secret = secret
        self.gatehouse_url = gatehouse_url
        self._send = send

    def post(self, path: str, fields: dict[str, str]) -> Delivery:
        """Post a signed form."""
        body = urlencode(fields).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            **sign(self.secret, body, at=int(time.time())),
        }
        return self.post_again(path, body, headers)

    def post_again(self, path: str, body: bytes, headers: dict[str, str]) -> Delivery:
        """Post these bytes as they are, for instance a second time."""
        began = time.monotonic()
        if self._send is not None:
            status, answer = self._send(path, body, headers)
        elif not self.gatehouse_url:
            status, answer = 0, b""
        else:
            client = Client(self.gatehouse_url, timeout_s=TIMEOUT_S)
            reply = client.call("POST", path, body=body, headers=headers)
            client.close()
            status, answer = reply.status, reply.body
        return Delivery(path, body, headers, status, answer, time.monotonic() - began)
