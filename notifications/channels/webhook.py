"""Signed webhooks through the guarded client; the key travels as Idempotency-Key."""

import hashlib
import hmac
import json
import time
from typing import Any

from notifications.channels.base import Doubtful, Limited, Parcel, Permanent, Receipt
from notifications.models import WebhookEndpoint
from rollouts.lib import http
from rollouts.lib.secrets import Unreadable

TIMEOUT_S = 10.0
AGAIN = frozenset({408, 425, 500, 502, 503, 504})


def body_of(payload: dict[str, Any]) -> bytes:
    """The bytes that are sent and signed."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def signature(secret: str, at: int, body: bytes) -> str:
    """`t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">`; receivers refuse an old t."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Webhook:
    """One event to one endpoint; `target` is the endpoint's number."""

    name = "webhook"
    pace_s = 0.0

    def repeats_safely(self, parcel: Parcel) -> bool:
        return True

    def find(self, parcel: Parcel) -> Receipt | None:
        return None

    def send(self, parcel: Parcel) -> Receipt:
        endpoint = WebhookEndpoint.objects.filter(pk=parcel.target, active=True).first()
        if endpoint is None:
            raise Permanent("gone", "This endpoint was removed or switched off.")
        answer = self._post(endpoint, parcel)
        if 200 <= answer.status < 300:
            return Receipt()
        sentence = f"The endpoint {endpoint.name} answered with status {answer.status}."
        if answer.status == 429:
            wait = answer.headers.get("retry-after", "")
            seconds = float(wait) if wait.isdigit() else 5.0
            raise Limited("http_429", sentence, retry_after_s=min(seconds, 3600.0))
        if answer.status in AGAIN or answer.status >= 500:
            raise Doubtful(f"http_{answer.status}", sentence)
        raise Permanent(f"http_{answer.status}", sentence)

    def _post(self, endpoint: WebhookEndpoint, parcel: Parcel) -> http.Response:
        body = body_of(parcel.payload)
        try:
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": parcel.key,
                "X-Gatehouse-Signature": signature(endpoint.plain_secret, int(time.time()), body),
            }
            return http.fetch(
                "POST",
                endpoint.url,
                headers=headers,
                body=body,
                timeout_s=TIMEOUT_S,
                max_bytes=64_000,
                guard=http.operator_guard(redirects=0),
            )
        except Unreadable as error:
            raise Permanent("secret", str(error)) from error
        except http.Refused as error:
            raise Permanent("refused", str(error)) from error
        except http.Failed as error:
            raise Doubtful("no_answer", str(error)) from error
