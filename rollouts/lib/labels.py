"""Enumerations whose members know the words that a person reads."""

from enum import StrEnum
from typing import Self


class Labelled(StrEnum):
    """A word of the product: the value is for machines, the label for people."""

    @property
    def label(self) -> str:
        """The word in sentence case, e.g. "Rolling back"."""
        return self.value.replace("_", " ").capitalize()

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        """Value and label of every member, as a model field or a form takes them."""
        return [(member.value, member.label) for member in cls]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The member whose value is `text`. Raises ValueError with every allowed word."""
        try:
            return cls(text)
        except ValueError:
            allowed = ", ".join(member.value for member in cls)
            raise ValueError(f'"{text}" is none of {allowed}.') from None
