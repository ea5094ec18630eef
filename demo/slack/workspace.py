"""Who and what the workspace consists of."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demo.secrets import SecretsFile

TEAM_ID, TEAM_DOMAIN, TEAM_NAME = "T01GATE", "gatehouse-demo", "Gatehouse demo"
APP_ID, BOT_ID, BOT_USER_ID, BOT_NAME = "A01GATE", "B01GATE", "U01GATEBOT", "gatehouse"


class SlackError(Exception):
    """A refusal as Slack words it: {"ok": false, "error": code}."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code = code
        self.more = more


@dataclass(frozen=True)
class User:
    """A member of the workspace."""

    id: str
    name: str
    email: str

    @property
    def handle(self) -> str:
        return self.email.split("@")[0]

    def profile(self) -> dict[str, Any]:
        """The user as users.info shows it."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "name": self.handle,
            "real_name": self.name,
            "deleted": False,
            "is_bot": False,
            "is_app_user": False,
            "tz": "Europe/Berlin",
            "profile": {"email": self.email, "real_name": self.name, "display_name": self.handle},
        }


DEFAULT_USERS = (
    User("U01MINA", "Mina Okafor", "mina.okafor@example.test"),
    User("U01JONAS", "Jonas Lindqvist", "jonas.lindqvist@example.test"),
    User("U01PRIYA", "Priya Natarajan", "priya.natarajan@example.test"),
    User("U01TOMAS", "Tomas Rey", "tomas.rey@example.test"),
    User("U01ADA", "Ada Mbeki", "ada.mbeki@example.test"),
)


class Directory:
    """The members: those that the file of secrets names under "slack_users", else the default ones."""

    def __init__(self, *, users: Sequence[User] | None = None, secrets: SecretsFile | None = None) -> None:
        self._users = users
        self._secrets = secrets

    def all(self) -> list[User]:
        if self._users is not None:
            return list(self._users)
        listed = self._secrets.document().get("slack_users") if self._secrets else None
        found = (
            [_user(entry) for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
        )
        return [user for user in found if user.id] or list(DEFAULT_USERS)

    def find(self, who: str) -> User | None:
        """By id, address or handle."""
        return next((user for user in self.all() if who in (user.id, user.email, user.handle)), None)


def _user(entry: Mapping[str, Any]) -> User:
    return User(str(entry.get("id", "")), str(entry.get("name", "")), str(entry.get("email", "")))


def conversation_id(prefix: str, name: str) -> str:
    """The same name always has the same id, so that tests and a second start find it again."""
    digest = hashlib.sha256(name.encode()).digest()
    return prefix + base64.b32encode(digest).decode()[:9]
