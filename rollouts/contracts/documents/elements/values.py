"""One thing that a document names."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What it is."""

    OPERATION = "operation"
    FIELD = "field"
    TYPE = "type"


@dataclass(frozen=True)
class Named:
    """An operation, a field of one or of a type, or a type.

    `operation` is a method and path, a channel, or an RPC; `field` has dots into objects ("address.street"),
    and lists are passed through. `shape`: what is checked of it, in words. `required` is None where nobody
    can say.
    """

    kind: Kind
    operation: str = ""
    type: str = ""
    field: str = ""
    shape: str = ""
    required: bool | None = None
    deprecated: bool = False

    @property
    def words(self) -> str:
        """What it is found by: its names, and the parts of them."""
        return " ".join(dict.fromkeys(_words(f"{self.operation} {self.type} {self.field}")))


def _words(text: str) -> Iterator[str]:
    """ "GET /orders/{id} shipToAddress" gives get, orders, id, shiptoaddress, ship, to, address."""
    part, whole, before = "", "", ""
    for letter in f"{text} ":
        if not letter.isalnum():
            if part and part.lower() != whole.lower():
                yield part.lower()
            if whole:
                yield whole.lower()
            part = whole = ""
        else:
            if letter.isupper() and before.islower():
                yield part.lower()
                part = ""
            part, whole = part + letter, whole + letter
        before = letter
