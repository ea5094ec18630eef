"""Runs the steps of a check, one after the other, through the guarded client; stops at the first failure."""

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from rollouts.health.probes.checking import Absent, expression, extracted
from rollouts.health.probes.values import MOST_BODY, VARIABLE, Step
from rollouts.lib import http

SHOWN_MIN = 4
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True)
class Done:
    """How one step went. `phases` in seconds; `said`: what failed, in a sentence, without secrets.

    `certificate_until`: the end of the certificate that ends first among those it was shown.
    """

    name: str
    ok: bool
    status: int | None
    took_s: float
    phases: Mapping[str, float] = field(default_factory=dict)
    said: str = ""
    certificate_until: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        phases = {name: round(seconds, 6) for name, seconds in self.phases.items()}
        return {
            "name": self.name,
            "ok": self.ok,
            "status": self.status,
            "took_s": round(self.took_s, 6),
            "phases": phases,
            "said": self.said,
            "certificate_until": self.certificate_until.isoformat() if self.certificate_until else None,
        }


@dataclass(frozen=True)
class Outcome:
    """A whole run: its trace, and the steps that were made."""

    trace_id: str
    steps: tuple[Done, ...]

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps)

    @property
    def said(self) -> str:
        """What failed, empty when all went well."""
        last = self.steps[-1]
        return "" if last.ok else f"{last.name}: {last.said}"


def run(
    steps: Sequence[Step],
    *,
    variables: Mapping[str, str],
    secret: Mapping[str, str],
    timeout_s: float,
    headers: Mapping[str, str],
    connect_to: str = "",
    guard: http.Guard,
) -> Outcome:
    """Makes the steps within `timeout_s` in all. Never raises for what the other side does."""
    deadline = time.monotonic() + timeout_s
    trace_id, known, done = secrets.token_hex(16), {**variables, **secret}, []
    for step in steps:
        sent = {**headers, "traceparent": f"00-{trace_id}-{secrets.token_hex(8)}-01"}
        ask = _Asking(step, known, sent, connect_to, guard, deadline)
        one = ask.make(lambda text: _hidden(text, secret))
        done.append(one)
        if not one.ok:
            break
    return Outcome(trace_id, tuple(done))


def _hidden(text: str, secret: Mapping[str, str]) -> str:
    """Without any secret, should the other side have sent one back."""
    for value in sorted(secret.values(), key=len, reverse=True):
        if len(value) >= SHOWN_MIN:
            text = text.replace(value, "•••")
    return text


class _Failed(Exception):
    """The step failed; `str()` says why."""


@dataclass
class _Asking:
    step: Step
    known: dict[str, str]
    sent: Mapping[str, str]
    connect_to: str
    guard: http.Guard
    deadline: float

    def make(self, hide: Callable[[str], str]) -> Done:
        began, phases = time.monotonic(), http.Phases()
        status, said = None, ""
        try:
            answer = self._ask(phases)
            status = answer.status
            took = time.monotonic() - began
            if wrong := next(_wrong(self.step, answer, took, phases), ""):
                raise _Failed(wrong)
            for name, source in self.step.extract.items():
                self.known[name] = extracted(source, answer.headers, answer.body)
        except (http.Refused, http.Failed, _Failed, Absent) as error:
            said = hide(str(error))
        took_s, until = time.monotonic() - began, phases.certificate_until
        return Done(self.step.name, not said, status, took_s, phases.seconds(), said, until)

    def _ask(self, phases: http.Phases) -> http.Response:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _Failed("The time of the whole run was over before this step.")
        headers = {name: self._filled(value) for name, value in self.step.headers.items()}
        if any(CONTROL.search(value) for value in headers.values()):
            raise _Failed("A header would hold a control character.")
        return http.fetch(
            self.step.method,
            VARIABLE.sub(lambda found: quote(self.known[found[1]], safe=""), self.step.url),
            headers={**headers, **self.sent},
            body=self._filled(self.step.body).encode() if self.step.body else None,
            timeout_s=left,
            max_bytes=MOST_BODY,
            guard=self.guard,
            phases=phases,
            connect_to=self.connect_to,
        )

    def _filled(self, text: str) -> str:
        return VARIABLE.sub(lambda found: self.known[found[1]], text)


def _wrong(step: Step, answer: http.Response, took_s: float, phases: http.Phases) -> Iterator[str]:
    """The assertions that do not hold, in words."""
    expect = step.expect
    wanted = expect.get("status", "2xx")
    if not _status_fits(answer.status, wanted):
        shown = " or ".join(map(str, wanted)) if isinstance(wanted, list) else wanted
        yield f"The status is {answer.status}, expected was {shown}."
    text = answer.body.decode("utf-8", errors="replace")
    if "body_matches" in expect and not expression(expect["body_matches"]).search(text):
        yield f"The body does not match {expect['body_matches']}."
    if "body_lacks" in expect and expression(expect["body_lacks"]).search(text):
        yield f"The body matches {expect['body_lacks']}, which it must not."
    for name, pattern in expect.get("headers", {}).items():
        if not expression(pattern).search(answer.headers.get(name.lower(), "")):
            yield f"The header {name} does not match {pattern}."
    if "within_s" in expect and took_s > expect["within_s"]:
        yield f"It took {took_s:.3f} s, allowed were {expect['within_s']:g} s."
    if "certificate_days" in expect:
        until = phases.certificate_until
        if until is None:
            yield "There is no certificate: the address is not https."
        elif (days := (until - datetime.now(UTC)).days) < expect["certificate_days"]:
            yield f"The certificate ends in {days} days, at least {expect['certificate_days']} were expected."


def _status_fits(status: int, wanted: str | list[int]) -> bool:
    return status in wanted if isinstance(wanted, list) else str(status)[0] == wanted[0]
