"""Who acts, through which face, and what a follower reads."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Face(StrEnum):
    """The way in that an actor used."""

    PAGE = "page"
    API = "api"
    SLACK = "slack"
    MAIL = "mail"
    COMMAND = "command"
    TICKER = "ticker"


@dataclass(frozen=True)
class Actor:
    """Who acts: values, so that a deleted account changes no event."""

    kind: str
    id: str
    name: str

    @property
    def is_system(self) -> bool:
        return self.kind == "system"


SYSTEM = Actor(kind="system", id="gatehouse", name="Gatehouse")


@dataclass(frozen=True)
class EventView:
    """An event as followers, pages and exports read it."""

    id: int
    stream: str
    seq: int
    kind: str
    at: datetime
    actor: Actor
    face: str
    content: dict[str, Any] = field(default_factory=dict)
    erased: bool = False


def plain(value: Any) -> Any:
    """`value` as JSON types only, as they will be read back: what is hashed is what is stored."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)
