"""Slack's rate limits, and the faults that tests order."""

import math
import threading
import time
from dataclasses import dataclass

TIERS = {
    "chat.update": 50,
    "chat.delete": 50,
    "chat.postEphemeral": 100,
    "conversations.history": 50,
    "conversations.replies": 50,
    "conversations.list": 20,
    "conversations.open": 50,
    "users.list": 20,
    "users.info": 100,
    "users.lookupByEmail": 50,
    "views.open": 100,
    "views.update": 100,
}
"""Calls a minute for the workspace (docs.slack.dev, rate limits)."""
POST, POST_RATE, POST_BURST = "chat.postMessage", 1.0, 3


@dataclass
class _Bucket:
    left: float
    at: float


class Limits:
    """Token buckets: chat.postMessage 1 a second for each channel with a small burst, the rest by tier."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._forced: list[int] = []
        self.enabled = enabled
        self.rate = POST_RATE
        self.burst = float(POST_BURST)

    def force(self, count: int, retry_after_s: int) -> None:
        """Refuse the next `count` calls of chat methods, whatever their number."""
        with self._lock:
            self._forced += [retry_after_s] * count

    def wait_s(self, method: str, channel: str) -> int:
        """0 when the call may pass, else the seconds for Retry-After."""
        with self._lock:
            if method.startswith("chat.") and self._forced:
                return self._forced.pop(0)
            if not self.enabled or (method != POST and method not in TIERS):
                return 0
            key = (method, channel if method == POST else "")
            rate, burst = self._size(method)
            now = time.monotonic()
            bucket = self._buckets.setdefault(key, _Bucket(burst, now))
            bucket.left = min(burst, bucket.left + (now - bucket.at) * rate)
            bucket.at = now
            if bucket.left < 1:
                return max(1, math.ceil((1 - bucket.left) / rate))
            bucket.left -= 1
            return 0

    def _size(self, method: str) -> tuple[float, float]:
        if method == POST:
            return self.rate, self.burst
        return TIERS[method] / 60, float(TIERS[method])


class Faults:
    """What goes wrong next, by order of a test; only calls of chat methods use an order up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = {"fail": 0, "drop": 0}

    def order(self, what: str, count: int) -> None:
        """`what` is "fail" (HTTP 500, nothing done) or "drop" (done, then no answer)."""
        with self._lock:
            self._left[what] += count

    def take(self, what: str, method: str) -> bool:
        with self._lock:
            if not method.startswith("chat.") or not self._left[what]:
                return False
            self._left[what] -= 1
            return True
