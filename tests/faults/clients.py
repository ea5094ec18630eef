"""Callers of the API that ask again under the same key until they have an answer."""

import http.client
import itertools
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

PATIENCE_S = 120.0
ROUND = ("hold", "resume", "halt", "resume")


@dataclass
class Client:
    """One person at one rollout, deciding all the time. `acknowledged` are events by key, as answered."""

    port: int
    token: str
    slug: str
    pace_s: float = 0.8
    acknowledged: dict[str, int] = field(default_factory=dict)
    refused: dict[str, Any] = field(default_factory=dict)
    asked_again: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> "Client":
        self._thread = threading.Thread(target=self._run, name=f"client of {self.slug}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Waits for the answer to what is asked now."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(60)

    def _run(self) -> None:
        for number, action in enumerate(itertools.cycle(ROUND)):
            if self._over.is_set():
                return
            self._decide(action, f"{self.slug}-{number}")
            self._over.wait(self.pace_s)

    def _decide(self, action: str, key: str) -> None:
        patience, until = threading.Event(), time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            answer = self._post(action, key)
            if answer is not None:
                status, body = answer
                if status in (200, 201):
                    self.acknowledged[key] = body["event"]["id"]
                else:
                    self.refused[key] = body
                return
            self.asked_again += 1
            patience.wait(0.1)
        raise AssertionError(f"No answer to {key}.")

    def _post(self, action: str, key: str) -> tuple[int, Any] | None:
        """Status and body; None where nothing is known of what became of it."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Content-Type": "application/json",
            "Idempotency-Key": key,
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=15)
        try:
            body = json.dumps({"action": action, "reason": "Because the test says so."})
            connection.request("POST", f"/api/v1/rollouts/{self.slug}/decisions/", body, headers)
            response = connection.getresponse()
            said = response.read()
            return None if response.status >= 500 else (response.status, json.loads(said))
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
