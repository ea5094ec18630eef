"""Which consumers a difference touches, from the parts that they are recorded to use. Pure."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from rollouts.contracts.formats.values import Difference, Direction, Use


class Touch(StrEnum):
    """Whether a consumer is touched. Maybe: not enough is recorded of it."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


def touch(difference: Difference, uses: Sequence[Use], *, whole: bool = False) -> Touch:
    """Whether the difference touches who uses these parts and no others; nothing recorded is a maybe.

    `whole`: consumers read a message as a whole or not at all, as Avro is read, and as a strict reader does.
    """
    if not uses or not difference.touches:
        return Touch.MAYBE
    told = [Use(operation=each.operation) for each in difference.touches] if whole else difference.touches
    mine = [Use(operation=each.operation) for each in uses] if whole else uses
    answers = {
        Touch.YES
        if whole and not (used.operation and touched.operation)
        else _meets(used, touched, demanding=_demands(difference))
        for used in mine
        for touched in told
    }
    return next(answer for answer in Touch if answer in answers)


def touch_any(differences: Iterable[Difference], uses: Sequence[Use], *, whole: bool = False) -> Touch:
    """The most that any of the differences does; no differences touch nobody."""
    answers = {touch(each, uses, whole=whole) for each in differences}
    return next((answer for answer in Touch if answer in answers), Touch.NO)


def _demands(difference: Difference) -> bool:
    """Whether something is newly asked for: it touches who sends the message, whatever fields it uses."""
    return difference.direction is Direction.REQUEST and "required" in difference.rule.lower()


def _meets(used: Use, touched: Use, *, demanding: bool) -> Touch:
    """Parts that name different operations, types or fields do not meet; those without a common name may."""
    shared = False
    for one, other in ((_operation(used), _operation(touched)), (_type(used), _type(touched))):
        if one and other:
            if one != other:
                return Touch.NO
            shared = True
    if demanding:
        return Touch.YES if shared else Touch.MAYBE
    mine, theirs = _steps(used.field), _steps(touched.field)
    if mine and theirs:
        anchored = bool(used.type) == bool(touched.type)
        if not _overlap(mine, theirs, anchored=anchored):
            return Touch.NO
        shared = True
    elif theirs and shared:
        return Touch.MAYBE
    return Touch.YES if shared else Touch.MAYBE


def _operation(use: Use) -> str:
    """Names of path parameters do not count: GET /orders/{id} is GET /orders/{key}."""
    method, _, path = use.operation.strip().partition(" ")
    steps = ("{}" if step.startswith("{") and step.endswith("}") else step for step in path.split("/"))
    return f"{method.upper()} {'/'.join(steps)}" if path else method


def _type(use: Use) -> str:
    return use.type.strip()


def _steps(field: str) -> tuple[str, ...]:
    """Steps into a message, however they are written: /items/*/sku and items.sku are the same."""
    text = field.strip()
    parts = text.split("/") if text.startswith("/") else text.replace("[]", "").split(".")
    clean = (part.replace("~1", "/").replace("~0", "~") for part in parts)
    return tuple(part for part in clean if part and part != "*")


def _overlap(one: tuple[str, ...], other: tuple[str, ...], *, anchored: bool) -> bool:
    """Whether one leads to the other: address and address.street do, address.street and address.city not.

    When only one counts from a named type, the other's beginning is unknown, and any place will do.
    """
    starts = (0,) if anchored else range(max(len(one), len(other)))
    return any(_along(one[start:], other) or _along(other[start:], one) for start in starts)


def _along(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    length = min(len(one), len(other))
    return length > 0 and one[:length] == other[:length]
