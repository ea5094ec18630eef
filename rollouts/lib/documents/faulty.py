"""How much of a document is read, and the fault after which nothing of it can be."""

from dataclasses import dataclass

from rollouts.lib.documents.problems import Mark


@dataclass(frozen=True, slots=True)
class Limits:
    """A document is read up to so many bytes, levels and values."""

    bytes: int = 256 * 1024
    depth: int = 32
    values: int = 20_000


class Unreadable(Exception):
    """The source is no YAML or JSON, or is built to exhaust its reader."""

    def __init__(self, mark: Mark, message: str, remedy: str) -> None:
        super().__init__(message)
        self.mark = mark
        self.message = message
        self.remedy = remedy
