"""Roles in teams, and what a token may do."""

from enum import StrEnum


class Role(StrEnum):
    """A role that a person holds in a team; everyone in a team is a member."""

    VIEWER = "viewer"
    PLANNER = "planner"
    APPROVER = "approver"
    BREAKER = "breaker"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        return {"breaker": "Break-glass", "admin": "Team admin"}.get(self.value, self.value.capitalize())


class Scope(StrEnum):
    """What a token may do: read, or also decide and write as its person."""

    READ = "read"
    WRITE = "write"
