"""Asks Prometheus' HTTP API, within a deadline: instant and range queries, and what values a label has.

Queries are sent as POST forms with the time they are evaluated at (`time=`) and a limit for the server
(`timeout=`), so that it stops working when nobody waits any more.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode

from rollouts.health.sources import answers
from rollouts.health.sources.access import Access
from rollouts.health.sources.answers import Answer, State
from rollouts.lib import http
from rollouts.lib.http import Response

MAX_BYTES = 10_000_000
RETRIES = 2
PAUSE_S = 0.2
# With less than this left nobody could answer.
LEAST_S = 0.05
# A first attempt leaves room for a second one.
FIRST_SHARE = 0.6


@dataclass
class Api:
    """One server, as one thread asks it. `requests` counts what was sent."""

    url: str
    access: Access = field(default_factory=Access)
    requests: int = 0

    def instant(self, query: str, at: datetime, deadline: float) -> Answer:
        """The vector of `query` at `at`; a server that ran out of time is asked twice more."""
        return self._asked("query", {"query": query, "time": _time(at)}, deadline, ranged=False)

    def ranged(self, query: str, since: datetime, until: datetime, step_s: int, deadline: float) -> Answer:
        """The matrix of `query` at every step from `since` to `until`, both included."""
        form = {"query": query, "start": _time(since), "end": _time(until), "step": str(step_s)}
        return self._asked("query_range", form, deadline, ranged=True)

    def values(self, label: str, selector: str, since: datetime, deadline: float) -> list[str]:
        """The values of a label among the series of `selector`. Raises http.Failed, http.Refused."""
        form = {"match[]": selector, "start": _time(since)}
        address = f"{self._base}/api/v1/label/{label}/values?{urlencode(form)}"
        got = self._fetch("GET", address, None, deadline - time.monotonic())
        try:
            found = json.loads(got.body)["data"]
            return [str(each) for each in found]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise http.Failed(f"The source answered with no list (status {got.status}).") from error

    def exemplars(self, selector: str, since: datetime, until: datetime, deadline: float) -> Response:
        """The exemplars of the series of `selector`, as they were sent. Raises http.Failed, http.Refused."""
        form = {"query": selector, "start": _time(since), "end": _time(until)}
        return self._fetch("POST", f"{self._base}/api/v1/query_exemplars", form, deadline - time.monotonic())

    def _asked(self, path: str, form: Mapping[str, str], deadline: float, *, ranged: bool) -> Answer:
        answer = Answer(State.RETRY, "The source did not answer in time.")
        for attempt in range(RETRIES + 1):
            if attempt:
                time.sleep(max(0.0, min(PAUSE_S * attempt, deadline - time.monotonic() - LEAST_S)))
            left = deadline - time.monotonic()
            if left < LEAST_S:
                break
            answer = self._once(path, form, left if attempt == RETRIES else left * FIRST_SHARE, ranged)
            if answer.state is not State.RETRY:
                break
        return answer

    def _once(self, path: str, form: Mapping[str, str], limit_s: float, ranged: bool) -> Answer:
        sent = {**form, "timeout": f"{int(limit_s * 1000)}ms"}
        try:
            got = self._fetch("POST", f"{self._base}/api/v1/{path}", sent, limit_s)
        except http.Late as late:
            return Answer(State.RETRY, str(late))
        except http.TooLarge as large:
            return Answer(State.TOO_MUCH, str(large))
        except (http.Failed, http.Refused) as error:
            return Answer(State.ERROR, str(error))
        return answers.read(got.status, got.headers.get("content-type", ""), got.body, ranged=ranged)

    def _fetch(self, method: str, address: str, form: Mapping[str, str] | None, limit_s: float) -> Response:
        self.requests += 1
        headers = {**self.access.sent, "Accept": "application/json"}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return http.fetch(
            method,
            address,
            headers=headers,
            body=urlencode(form).encode() if form is not None else None,
            timeout_s=limit_s,
            max_bytes=MAX_BYTES,
            guard=http.operator_guard(redirects=0, other_hosts=False),
            trust=self.access.trust,
        )

    @property
    def _base(self) -> str:
        return self.url.rstrip("/")


def _time(at: datetime) -> str:
    return f"{at.timestamp():.3f}"
