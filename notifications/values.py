"""The words of deliveries: what kind of message, where it stands, and what a rule asks to be sent."""

from dataclasses import dataclass, field
from typing import Any

from rollouts.lib.labels import Labelled


class Kind(Labelled):
    """What a message is, most urgent first."""

    PAGE = "page"
    HALT = "halt"
    REQUEST = "request"
    PROMOTION = "promotion"
    UPDATE = "update"
    REDRAW = "redraw"

    @property
    def priority(self) -> int:
        """0 is sent first."""
        return list(Kind).index(self)

    @property
    def jumps(self) -> bool:
        """Never waits behind another message."""
        return self in (Kind.PAGE, Kind.HALT)


class State(Labelled):
    """Where a delivery stands. Unknown: it may have arrived, which is found out before it is sent again."""

    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


OPEN = (State.PENDING, State.SENDING, State.UNKNOWN)


class Way(Labelled):
    """The ways out."""

    SLACK = "slack"
    EMAIL = "email"
    WEBHOOK = "webhook"


class Topic(Labelled):
    """What a message to one person is about, as that person chooses by it."""

    NEEDS_ME = "needs_me"
    MINE = "mine"
    HALTS = "halts"
    REVIEWS = "reviews"


WISHED = (Way.EMAIL, Way.SLACK)
"""The ways that a person can choose."""

DEFAULTS: dict[Topic, tuple[Way, ...]] = {
    Topic.NEEDS_ME: (Way.EMAIL, Way.SLACK),
    Topic.MINE: (Way.EMAIL,),
    Topic.HALTS: (Way.EMAIL,),
    Topic.REVIEWS: (Way.EMAIL,),
}


class Card(Labelled):
    """Slack messages that change after they were sent, until they are settled."""

    NONE = ""
    APPROVAL = "approval"
    READY = "ready"
    PROMOTED = "promoted"
    HALTED = "halted"
    PAGE = "page"
    ALERT = "alert"


@dataclass(frozen=True)
class Message:
    """A Slack message. `text` says it all: it is the notification, and what a screen reader reads."""

    text: str
    blocks: tuple[dict[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {"text": self.text, "blocks": list(self.blocks)}


@dataclass(frozen=True)
class Draft:
    """A message that a rule wants sent once, by `key`.

    `thread` orders it among others. `in_thread`: it goes below the rollout's first message of the
    channel. `refs` names what a card is about; `of` is the delivery that a redraw draws anew; `run` is
    the escalation that a page is about.
    """

    key: str
    way: Way
    target: str
    thread: str
    kind: Kind
    payload: dict[str, Any]
    rollout: str = ""
    event_id: int | None = None
    in_thread: bool = False
    card: Card = Card.NONE
    refs: dict[str, Any] = field(default_factory=dict)
    of: int | None = None
    run: int | None = None
