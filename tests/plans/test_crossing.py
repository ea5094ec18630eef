"""Where rollouts get in each other's way: the table of the design, and its properties."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.plans.sequencing.crossing import Carried, Crossing, Party, Way, crossings
from rollouts.plans.values import ChangeKind

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
EDGES = {("shipping", "orders")}


def hours(start: int, end: int) -> dict[str, datetime]:
    return {"start": NOW + timedelta(hours=start), "end": NOW + timedelta(hours=end)}


def carried(service: str, **more: object) -> Carried:
    return replace(Carried(service, service, "production"), **more)  # type: ignore[arg-type]


def party(pk: int, *changes: Carried, began: int | None = None) -> Party:
    at = None if began is None else NOW - timedelta(hours=began)
    return Party(pk, f"rollout r{pk}", f"R{pk}", changes, at)


def told(found: list[Crossing]) -> list[tuple[Way, bool]]:
    return [(each.way, each.blocks) for each in found]


def test_a_service_that_another_rollout_holds_blocks_the_stage_that_moves_it() -> None:
    other = party(2, carried("orders", held=True), began=3)
    (found,) = crossings(party(1, carried("orders")), [other], EDGES, entering=["orders"])
    assert (found.way, found.blocks, found.key) == (Way.SERVICE, True, "rollout r2")
    assert found.sentence == "“R2” holds orders in production"
    assert crossings(party(1, carried("orders")), [other], EDGES, entering=[]) == []


@pytest.mark.parametrize(("mine", "theirs", "blocks"), [(5, 3, False), (3, 5, True), (3, 3, False)])
def test_who_held_it_first_goes_on(mine: int, theirs: int, blocks: bool) -> None:
    one = party(1, carried("orders", held=True), began=mine)
    other = party(2, carried("orders", held=True), began=theirs)
    found = crossings(one, [other], EDGES, entering=["orders"])
    assert [each.blocks for each in found] == [True] * blocks
    assert bool(crossings(other, [one], EDGES, entering=["orders"])) is not blocks


def test_another_environment_or_a_change_that_is_only_planned_holds_nothing() -> None:
    elsewhere = party(2, carried("orders", environment="staging", held=True), began=3)
    planned = party(3, carried("orders", **hours(-1, 1)))
    assert crossings(party(1, carried("orders")), [elsewhere, planned], EDGES, entering=["orders"]) == []


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [(0, 2, [(Way.SERVICE, True)]), (2, 3, [(Way.SERVICE, True)]), (3, 4, [])],
)
def test_two_plans_for_the_same_time_block_each_other_when_proposed(
    start: int, end: int, wanted: list[tuple[Way, bool]]
) -> None:
    other = party(2, carried("orders", **hours(1, 2)))
    assert told(crossings(party(1, carried("orders", **hours(start, end))), [other], EDGES)) == wanted


def test_what_another_holds_now_is_worth_knowing_when_a_plan_without_windows_is_proposed() -> None:
    other = party(2, carried("orders", held=True), began=3)
    assert told(crossings(party(1, carried("orders")), [other], EDGES)) == [(Way.SERVICE, False)]


REMOVES = carried("orders", name="orders.contract", kind=ChangeKind.CONTRACT, contract="orders-api", old="2")


@pytest.mark.parametrize(("old", "new", "verb"), [("2", "3", "may roll back to"), ("1", "2", "moves to")])
def test_a_version_is_not_taken_away_while_another_rollout_needs_it(old: str, new: str, verb: str) -> None:
    other = party(2, carried("shipping", contract="orders-api", old=old, new=new))
    for entering in (None, ["orders.contract"]):
        found = crossings(party(1, REMOVES), [other], set(), entering=entering)
        assert told(found) == [(Way.VERSION, True)]
        assert found[0].sentence == f"orders.contract takes orders-api 2 away, and “R2” {verb} it"


def test_a_removal_that_has_begun_blocks_who_would_need_the_version() -> None:
    mine = party(1, carried("shipping", contract="orders-api", old="2", new="3"))
    for held in (True, False):
        other = party(2, replace(REMOVES, held=held), began=2 if held else None)
        assert told(crossings(mine, [other], set())) == [(Way.VERSION, True)]
        assert told(crossings(mine, [other], set(), entering=["shipping"])) == [(Way.VERSION, True)] * held


def test_another_version_or_contract_is_nobody_s_business() -> None:
    for contract, old, new in (("orders-api", "3", "4"), ("billing-api", "2", "3"), ("", "", "")):
        other = party(2, carried("shipping", contract=contract, old=old, new=new))
        assert crossings(party(1, REMOVES), [other], set()) == []


def test_opposite_orders_on_one_edge_block() -> None:
    mine = party(1, carried("orders", begins=1), carried("shipping", begins=2))
    other = party(2, carried("orders", begins=3), carried("shipping", begins=1))
    (found,) = crossings(mine, [other], EDGES)
    assert (found.way, found.blocks) == (Way.ORDER, True)
    assert found.sentence == "“R2” moves shipping before orders, and this plan orders before shipping"
    assert crossings(mine, [other], set()) == []
    assert crossings(mine, [party(2, *mine.changes)], EDGES) == []


def test_neighbours_at_the_same_time_are_worth_knowing() -> None:
    other = party(2, carried("shipping", held=True), began=1)
    (found,) = crossings(party(1, carried("orders")), [other], EDGES, entering=["orders"])
    assert (found.way, found.blocks) == (Way.NEIGHBOUR, False)
    assert "which orders is called by: what is measured may come from either" in found.sentence
    assert crossings(party(1, carried("billing")), [other], EDGES, entering=["billing"]) == []


SERVICES = st.sampled_from("abc")


@st.composite
def parties(draw: st.DrawFn, pk: int) -> Party:
    changes = []
    for number, service in enumerate(draw(st.lists(SERVICES, max_size=3, unique=True))):
        start = draw(st.integers(0, 5))
        changes.append(
            Carried(
                f"{service}{number}",
                service,
                draw(st.sampled_from(["production", "staging"])),
                draw(st.sampled_from(ChangeKind)),
                draw(st.sampled_from(["", "x"])),
                draw(st.sampled_from(["", "1", "2"])),
                draw(st.sampled_from(["", "2", "3"])),
                draw(st.integers(1, 3)),
                draw(st.booleans()),
                **hours(start, start + draw(st.integers(0, 2))),
            )  # fmt: skip
        )
    return party(pk, *changes, began=draw(st.none() | st.integers(0, 3)))


edges = st.sets(st.tuples(SERVICES, SERVICES), max_size=5)


@given(parties(1), st.lists(parties(2), max_size=3), edges, st.booleans(), st.data())
def test_an_edge_or_a_rollout_less_never_makes_the_answer_stricter(
    mine: Party, others: list[Party], relied: set[tuple[str, str]], proposed: bool, data: st.DataObject
) -> None:
    entering = None if proposed else [each.name for each in mine.changes]
    before = crossings(mine, others, relied, entering=entering)
    fewer_edges = data.draw(st.sets(st.sampled_from(sorted(relied)))) if relied else set()
    fewer = data.draw(st.lists(st.sampled_from(others), unique=True)) if others else []
    after = crossings(mine, fewer, fewer_edges, entering=entering)
    assert {(each.sentence, each.blocks) for each in after} <= {
        (each.sentence, each.blocks) for each in before
    }


@given(parties(1), parties(2), edges)
def test_of_two_that_hold_one_service_exactly_one_is_blocked_by_it(
    one: Party, two: Party, relied: set[tuple[str, str]]
) -> None:
    def blocked(mine: Party, other: Party) -> bool:
        names = [each.name for each in mine.changes if each.held]
        found = crossings(mine, [other], relied, entering=names)
        return any(each.blocks and each.way is Way.SERVICE for each in found)

    held = [{(c.service, c.environment) for c in each.changes if c.held} for each in (one, two)]
    if held[0] & held[1]:
        assert blocked(one, two) is not blocked(two, one) or one.began_at is None is two.began_at
