"""What every way out has in common: a parcel goes in, a receipt or a trouble comes out."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from notifications.values import Kind
from rollouts.lib.registry import Registry


@dataclass(frozen=True)
class Parcel:
    """What a way out needs to know of a delivery.

    `update_ts`: draw this message anew instead of posting one. `reply_ts`: post below this message.
    """

    key: str
    target: str
    kind: Kind
    payload: dict[str, Any]
    tried_at: datetime
    external_channel: str = ""
    update_ts: str = ""
    reply_ts: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """Where the message stands outside."""

    channel: str = ""
    ts: str = ""


class Trouble(Exception):
    """It was not sent, or nobody can tell. `code` is stable, `text` is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code[:60]
        self.text = text[:2000]

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


class Transient(Trouble):
    """Nothing arrived, and another try may help."""


class Permanent(Trouble):
    """Another try would fail in the same way."""


class Doubtful(Trouble):
    """It may have arrived."""


class Limited(Trouble):
    """Too fast: the other side asks for a pause of this target."""

    def __init__(self, code: str, text: str, *, retry_after_s: float) -> None:
        super().__init__(code, text)
        self.retry_after_s = retry_after_s


class Channel(Protocol):
    """A way out.

    `repeats_safely`: what arrives twice counts once there, by its key. `pace_s`: seconds between two
    messages to one target. `send` raises Trouble; `find` looks for a parcel that may have arrived, None
    when it did not, and raises Trouble when that cannot be told.
    """

    name: str

    @property
    def pace_s(self) -> float: ...

    def repeats_safely(self, parcel: Parcel) -> bool: ...

    def send(self, parcel: Parcel) -> Receipt: ...

    def find(self, parcel: Parcel) -> Receipt | None: ...


channels: Registry[Channel] = Registry("notification channel")
