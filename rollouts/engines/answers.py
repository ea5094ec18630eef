"""What a flag answers: a pure function from what is granted and who asks. Knows no database and no HTTP."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from rollouts.engines.bucket import is_on

KEY = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""The keys that a plan can give a flag. Clients do not encode them."""

NOT_BEGUN = frozenset({"draft", "proposed", "approved"})
TAKEN_BACK = frozenset({"closed", "rolled_back", "cancelled"})


class Reason(StrEnum):
    """The reasons of OFREP 0.3.0 that Gatehouse gives."""

    STATIC = "STATIC"
    TARGETING_MATCH = "TARGETING_MATCH"
    SPLIT = "SPLIT"
    DISABLED = "DISABLED"
    UNKNOWN = "UNKNOWN"


class ErrorCode(StrEnum):
    """The error codes of OFREP 0.3.0 that Gatehouse gives."""

    PARSE_ERROR = "PARSE_ERROR"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    GENERAL = "GENERAL"


@dataclass(frozen=True)
class Flag:
    """The newest rollout that governs a flag: its state and what the door grants the flag's change now.

    `grant` is `{"percent": 25, "consumers": [...], "regions": [...]}`, or None for nothing. `named` says
    whether the asking service may learn which rollout this is.
    """

    key: str
    state: str
    salt: str
    grant: Mapping[str, Any] | None
    rollout: str = ""
    stage: int | None = None
    revision: int | None = None
    named: bool = True


@dataclass(frozen=True)
class Question:
    """Who asks: `consumer` comes from the credential, the rest from the context that the caller sends."""

    consumer: str
    targeting_key: str = ""
    region: str = ""


@dataclass(frozen=True)
class Answer:
    """On or off, and why."""

    key: str
    on: bool
    reason: Reason
    metadata: dict[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Every member always: real clients fall back to the code's default when one is absent."""
        return {
            "key": self.key,
            "value": self.on,
            "variant": "on" if self.on else "off",
            "reason": self.reason.value,
            "metadata": self.metadata,
        }


class Unanswerable(Exception):
    """The question cannot be answered; `code` and the sentence go to the client."""

    def __init__(self, key: str, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.key = key
        self.code = code
        self.details = details

    def as_json(self) -> dict[str, Any]:
        body = {"errorCode": self.code.value, "errorDetails": self.details}
        return {"key": self.key, **body} if self.key else body


def evaluate(key: str, flag: Flag | None, question: Question) -> Answer:
    """Raises Unanswerable when a percentage is granted and there is nothing to choose by.

    A flag that no rollout has is off and says so: an absent answer would give the caller's own default,
    which may be on.
    """
    if flag is None:
        return Answer(key, False, Reason.UNKNOWN)
    metadata = _metadata(flag)
    if flag.state in NOT_BEGUN or flag.state in TAKEN_BACK or not flag.grant:
        return Answer(key, False, Reason.DISABLED, metadata)
    reason = Reason.STATIC
    for name, asked in (("consumers", question.consumer), ("regions", question.region)):
        chosen = flag.grant.get(name) or ()
        if chosen and asked not in chosen:
            return Answer(key, False, Reason.TARGETING_MATCH, metadata)
        if chosen:
            reason = Reason.TARGETING_MATCH
    percent = float(flag.grant.get("percent", 100))
    if percent >= 100:
        return Answer(key, True, reason, metadata)
    if percent <= 0:
        return Answer(key, False, Reason.DISABLED, metadata)
    if not question.targeting_key:
        raise Unanswerable(
            key,
            ErrorCode.TARGETING_KEY_MISSING,
            f"{percent:g} % of the traffic is on, so the context needs a targetingKey to choose by.",
        )
    return Answer(key, is_on(flag.salt, question.targeting_key, percent), Reason.SPLIT, metadata)


def _metadata(flag: Flag) -> dict[str, str | int]:
    """Flat and small; a private rollout is named only to the services that take part in it."""
    said: dict[str, str | int] = {"state": flag.state}
    if not flag.named:
        return said
    said["rollout"] = flag.rollout
    if flag.stage is not None:
        said["stage"] = flag.stage
    if flag.revision is not None:
        said["revision"] = flag.revision
    return said
