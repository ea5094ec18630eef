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


def part_of(difference: Difference, uses: Sequence[Use]) -> str:
    """The part that it is about, as people write it: `address.line`; the one that is used, where known."""
    for touched in difference.touches:
        theirs = _steps(touched.field)
        for used in uses:
            mine = _steps(used.field)
            if mine and theirs and _overlap(mine, theirs, anchored=False):
                return ".".join(mine if len(mine) > len(theirs) else theirs)
    for touched in difference.touches:
        if steps := _steps(touched.field):
            return ".".join(steps)
    first = next(iter(difference.touches), Use())
    return first.operation or first.type or difference.location


def _demands(difference: Difference) -> bool:
    """Whether something is newly asked for: it touches who sends the message, whatever fields it uses."""
    return difference.direction is Direction.REQUEST and "required" in difference.rule.lower()


def _meets(used: Use, touched: Use, *, demanding: bool) -> Touch:
    """No only where the two are surely apart: other operations, or other fields of one and the same message.

    A named type may stand inside another, so that other types are no proof: Address.street is part of
    Order.address. Nor are other fields, when only one side counts from a named type.
    """
    operations, types = (_operation(used), _operation(touched)), (used.type.strip(), touched.type.strip())
    if all(operations) and operations[0] != operations[1]:
        return Touch.NO
    if all(types) and types[0] != types[1]:
        return Touch.MAYBE
    shared = all(operations) or all(types)
    if demanding:
        return Touch.YES if shared else Touch.MAYBE
    mine, theirs = _steps(used.field), _steps(touched.field)
    if mine and theirs:
        if _overlap(mine, theirs, anchored=not any(types)):
            return Touch.YES
        return Touch.NO if all(types) or not any(types) else Touch.MAYBE
    return Touch.YES if shared and not theirs else Touch.MAYBE


def _operation(use: Use) -> str:
    """Names of path parameters do not count: GET /orders/{id} is GET /orders/{key}."""
    method, _, path = use.operation.strip().partition(" ")
    steps = ("{}" if step.startswith("{") and step.endswith("}") else step for step in path.split("/"))
    return f"{method.upper()} {'/'.join(steps)}" if path else method


def _steps(field: str) -> tuple[str, ...]:
    """Steps into a message, however they are written: /items/*/sku and items.sku are the same."""
    text = field.strip()
    parts = text.split("/") if text.startswith("/") else text.replace("[]", "").split(".")
    clean = (part.replace("~1", "/").replace("~0", "~") for part in parts)
    return tuple(part for part in clean if part and part != "*")


def _overlap(one: tuple[str, ...], other: tuple[str, ...], *, anchored: bool) -> bool:
    """Whether one leads to the other: address and address.street do, address.street and address.city not.

    Counted from a named type, which may stand inside itself or another, any place will do.
    """
    starts = (0,) if anchored else range(max(len(one), len(other)))
    return any(_along(one[start:], other) or _along(other[start:], one) for start in starts)


def _along(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    length = min(len(one), len(other))
    return length > 0 and one[:length] == other[:length]
