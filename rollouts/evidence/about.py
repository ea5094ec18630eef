"""What a result is said to be about, and what each kind has to name. Django-free."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime

from rollouts.evidence.values import Form, Kind

MOST_FLAGS = 50
Flag = bool | int | float | str
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    Kind.CONTRACT_TEST: ("service", "contract", "version"),
    Kind.END_TO_END: ("service",),
    Kind.DEGRADED_MODE: ("service",),
    Kind.FLAG_COMBINATION: ("flags",),
    Kind.DRILL: (),
    Kind.INTEGRATION_REVIEW: ("rollout",),
}
WHY = {
    "service": "whose tests they are",
    "contract": "against which contract",
    "version": "against which version of it",
    "flags": "which flags were on",
    "rollout": "of which rollout",
}


@dataclass(frozen=True)
class About:
    """Names as they are given. `build` is the service's; `at` and `expires_at` only where somebody says."""

    kind: Kind
    service: str = ""
    build: str = ""
    contract: str = ""
    version: str = ""
    provider_build: str = ""
    environment: str = ""
    rollout: str = ""
    stage: str = ""
    flags: Mapping[str, Flag] = field(default_factory=dict)
    at: datetime | None = None
    expires_at: datetime | None = None
    title: str = ""
    note: str = ""
    source: str = ""
    url: str = ""

    def lacks(self) -> dict[str, str]:
        """What has to be named and is not: the field, and the sentence."""
        found = {
            name: f"A {self.kind.label.lower()} says {WHY[name]}: name it as `{name}`."
            for name in NEEDED[self.kind]
            if not getattr(self, name)
        }
        if not found and not (self.service or self.contract or self.rollout):
            found["service"] = "It says of nothing what it is about: name a `service` or a `rollout`."
        if self.version and not self.contract:
            found["contract"] = "A version is one of a contract: name it as `contract`."
        if self.stage and not self.rollout:
            found["rollout"] = "A stage is one of a rollout: name it as `rollout`."
        return found

    def key(self, digest: str, form: Form) -> str:
        """What tells results apart: what was sent, and what it is said to be about."""
        said = {**asdict(self), "digest": digest, "form": form.value}
        return digest_of(json.dumps(said, sort_keys=True, default=str).encode())


def digest_of(body: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(body).hexdigest()
