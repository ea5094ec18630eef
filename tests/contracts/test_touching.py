"""Which consumers a difference touches: by operation, type and field, and maybe where nothing is recorded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.documents.touching import Touch, touch, touch_any
from rollouts.contracts.formats.values import Difference, Direction, Level, Use

ADDRESS = Use(operation="GET /orders/{id}", type="Order", field="/address/street")


def difference(
    *touches: Use, rule: str = "response-type-widened", direction: Direction = Direction.RESPONSE
) -> Difference:
    return Difference(rule, Level.BREAKING, "", "It differs.", direction, touches)


@pytest.mark.parametrize(
    ("used", "wanted"),
    [
        (Use(operation="GET /orders/{key}", field="address.street"), Touch.YES),
        (Use(operation="GET /orders/{key}", field="address"), Touch.YES),
        (Use(operation="GET /orders/{key}", field="address.street.number"), Touch.YES),
        (Use(operation="GET /orders/{key}", field="address.city"), Touch.MAYBE),
        (Use(operation="GET /orders/{key}", type="Order", field="address.city"), Touch.NO),
        (Use(operation="GET /orders/{key}", field="orders.address"), Touch.YES),
        (Use(operation="GET /orders/{key}"), Touch.MAYBE),
        (Use(operation="GET /orders"), Touch.NO),
        (Use(operation="get /orders/{key}", type="Order", field="id"), Touch.NO),
        (Use(type="Order", field="address"), Touch.YES),
        (Use(type="Item", field="address"), Touch.MAYBE),
        (Use(type="Order"), Touch.MAYBE),
        (Use(field="address.street"), Touch.YES),
        (Use(field="total"), Touch.MAYBE),
    ],
)
def test_parts_meet_by_what_both_name(used: Use, wanted: Touch) -> None:
    assert touch(difference(ADDRESS), [used]) is wanted


@pytest.mark.parametrize(
    "used",
    [
        Use(operation="GET /orders/{id}", type="Order", field="address.street"),
        Use(operation="GET /orders/{id}", type="Order", field="address"),
        Use(operation="GET /orders/{id}", field="address"),
        Use(type="Order"),
        Use(field="address"),
    ],
)
@pytest.mark.parametrize("field", ["/street", ""])
def test_a_type_that_stands_inside_another_is_never_said_to_be_apart(used: Use, field: str) -> None:
    inner = difference(Use(operation="GET /orders/{id}", type="Address", field=field))
    assert touch(inner, [used]) is not Touch.NO


def test_a_field_of_a_type_that_stands_inside_itself_is_touched() -> None:
    total = difference(Use(type="Order", field="/total"))
    assert touch(total, [Use(type="Order", field="parent.total")]) is Touch.YES
    assert touch(total, [Use(type="Order", field="address")]) is Touch.NO


def test_a_message_that_holds_a_type_may_touch_who_uses_it() -> None:
    outer = difference(Use(operation="GET /orders", field="/order"))
    assert touch(outer, [Use(operation="GET /orders", type="Order", field="total")]) is Touch.MAYBE


def test_nothing_recorded_may_be_touched() -> None:
    assert touch(difference(ADDRESS), []) is Touch.MAYBE
    assert touch(difference(), [Use(field="total")]) is Touch.MAYBE


def test_a_field_newly_demanded_touches_who_sends_the_message_whatever_it_uses() -> None:
    asked = difference(
        Use(operation="POST /orders", field="/zip"),
        rule="request-required-narrowed",
        direction=Direction.REQUEST,
    )
    assert touch(asked, [Use(operation="POST /orders", field="sku")]) is Touch.YES
    assert touch(asked, [Use(operation="GET /orders", field="sku")]) is Touch.NO


def test_an_operation_that_is_gone_touches_who_uses_any_of_its_fields() -> None:
    gone = difference(Use(operation="GET /orders"), rule="operation-removed", direction=Direction.REQUEST)
    assert touch(gone, [Use(operation="GET /orders", field="id")]) is Touch.YES


def test_what_is_read_as_a_whole_touches_who_uses_another_field() -> None:
    avro = difference(Use(field="/address"), direction=Direction.EVENT)
    assert touch(avro, [Use(field="total")]) is Touch.NO
    assert touch(avro, [Use(field="total")], whole=True) is Touch.YES
    channel = difference(Use(operation="a", field="/x"), direction=Direction.EVENT)
    assert touch(channel, [Use(operation="b", field="x")], whole=True) is Touch.NO


def test_several_differences_do_the_most_that_one_does() -> None:
    uses = [Use(operation="GET /orders/{id}", type="Order", field="address")]
    other = difference(Use(operation="GET /carts"))
    assert touch_any([other, difference(ADDRESS)], uses) is Touch.YES
    assert touch_any([other], uses) is Touch.NO
    assert touch_any([], []) is Touch.NO


NAMES = st.sampled_from(["", "GET /a", "GET /b", "x", "x.y", "y"])
USES = st.builds(Use, operation=NAMES, field=NAMES, type=NAMES)


@given(uses=st.lists(USES, min_size=1, max_size=4), more=USES, touches=st.lists(USES, min_size=1, max_size=3))
def test_recording_another_part_never_touches_less(uses: list[Use], more: Use, touches: list[Use]) -> None:
    order = [Touch.NO, Touch.MAYBE, Touch.YES]
    before, after = (touch(difference(*touches), each) for each in (uses, [*uses, more]))
    assert order.index(after) >= order.index(before)
