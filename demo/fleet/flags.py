"""A caller's question to Gatehouse: does this customer get the new version of orders?"""

import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from urllib.parse import quote

from demo.fleet.calls import Client, Reply
from demo.fleet.secrets import credentials
from demo.secrets import SecretsFile

FRESH_S = 1.0
"""An answer is used again for the same customer for so long."""
OUTAGE_S = 60.0
"""So long after Gatehouse last spoke the last answers hold; then everybody gets the old version."""
PAUSE_S = 0.5
"""After a question without an answer the next one waits so long."""
TIMEOUT_S = 0.5
REMEMBERED = 5_000


@dataclass(frozen=True)
class _Answer:
    on: bool
    at: float


class Flags:
    """One service's view of the flag. Thread safe; never raises, the answer in doubt is the old version."""

    def __init__(self, *, service: str, gatehouse_url: str, secrets: SecretsFile) -> None:
        self._service = service
        self._secrets = secrets
        self._client = Client(gatehouse_url, timeout_s=TIMEOUT_S) if gatehouse_url else None
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._heard_at = float("-inf")
        self._ask_again_at = float("-inf")
        self.asked = 0
        self.unanswered = 0

    def is_on(self, customer: str) -> bool:
        """Whether `customer` gets the new version now."""
        now = time.monotonic()
        with self._lock:
            known = self._answers.get(customer)
            waiting = now < self._ask_again_at
        if known is not None and now - known.at < FRESH_S:
            return known.on
        known_as = credentials(self._secrets.document())
        token = known_as.tokens.get(self._service)
        if self._client is None or not known_as.flag or not token:
            return False
        if waiting:
            return self._last(customer)
        reply = self._client.call(
            "POST",
            f"/ofrep/v1/evaluate/flags/{quote(known_as.flag, safe='')}",
            body=json.dumps({"context": {"targetingKey": customer}}).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        return self._learn(customer, reply)

    @property
    def silent_for_s(self) -> float | None:
        """Seconds since Gatehouse last answered, None when it never did."""
        with self._lock:
            heard_at = self._heard_at
        return None if heard_at == float("-inf") else time.monotonic() - heard_at

    def close(self) -> None:
        if self._client is not None:
            self._client.close()

    def _learn(self, customer: str, reply: Reply) -> bool:
        now = time.monotonic()
        unreachable = reply.status == 0 or reply.status == 429 or reply.status >= 500
        with self._lock:
            self.asked += 1
            if unreachable:
                self.unanswered += 1
                self._ask_again_at = now + PAUSE_S
            else:
                # Any other answer is one: a flag or token that Gatehouse does not know means the old version.
                answer = _Answer(on=reply.status == 200 and _variant(reply.body) == "on", at=now)
                self._heard_at = now
                self._answers[customer] = answer
                self._answers.move_to_end(customer)
                if len(self._answers) > REMEMBERED:
                    self._answers.popitem(last=False)
                return answer.on
        return self._last(customer)

    def _last(self, customer: str) -> bool:
        with self._lock:
            known = self._answers.get(customer)
            holds = time.monotonic() - self._heard_at <= OUTAGE_S
        return known is not None and holds and known.on


def _variant(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    return str(document.get("variant", "")) if isinstance(document, dict) else ""
