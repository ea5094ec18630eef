"""One small registry for every plug-in point: filled at start-up, frozen afterwards."""

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class AlreadyRegistered(ValueError):
    """Two things want one name."""


class Registry(Generic[T]):
    """Named entries in the order of registration."""

    def __init__(self, what: str) -> None:
        self.what = what
        self._entries: dict[str, T] = {}

    def register(self, name: str, entry: T) -> T:
        """Adds `entry`; raises AlreadyRegistered when another entry has the name."""
        if self._entries.get(name, entry) is not entry:
            raise AlreadyRegistered(f"There is already a {self.what} named {name!r}.")
        self._entries[name] = entry
        return entry

    def get(self, name: str) -> T | None:
        """The entry of that name, if any."""
        return self._entries.get(name)

    def __getitem__(self, name: str) -> T:
        return self._entries[name]

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def values(self) -> list[T]:
        """All entries in the order of registration."""
        return list(self._entries.values())

    def names(self) -> list[str]:
        """All names in the order of registration."""
        return list(self._entries)
