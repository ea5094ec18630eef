"""What must move before what, from what the documents of a contract say of each consumer."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.values import First, Ruling, Rulings, Transition
from rollouts.plans.sequencing.edges import needed
from rollouts.plans.sequencing.values import Edge, Move, Needs
from rollouts.plans.values import ChangeKind
from rollouts.plans.waves import waves

API = Transition("orders-api", "2.1", "3.0.0")
RELIES = [Needs("shipping", "orders", "orders-api")]


def orders(kind: ChangeKind = ChangeKind.BUILD) -> Move:
    name = "orders" if kind is ChangeKind.BUILD else f"orders.{kind}"
    return Move(name, "orders", kind, "", "orders-api", "2.1", "3.0.0")


def shipping(kind: ChangeKind = ChangeKind.BUILD, *, adopts: bool = False) -> Move:
    contract = ("orders-api", "2.1", "3.0.0") if adopts else ("", "", "")
    return Move("shipping", "shipping", kind, "", *contract)


def said(first: First | None, because: str = "") -> dict[Transition, Rulings]:
    return {API: Rulings(Ruling(first, because))}


def pairs(edges: Iterable[Edge]) -> list[tuple[str, str, bool]]:
    return [(edge.first, edge.then, bool(edge.breaks)) for edge in edges]


@pytest.mark.parametrize(
    ("first", "adopts", "wanted"),
    [
        (First.PROVIDER, True, [("orders", "shipping", True)]),
        (First.PROVIDER, False, [("orders", "shipping", False)]),
        (First.CONSUMER, True, [("shipping", "orders", True)]),
        (First.CONSUMER, False, [("shipping", "orders", True)]),
        (First.ANY, True, [("orders", "shipping", False)]),
        (First.ANY, False, []),
        (First.SPLIT, True, [("shipping", "orders", True), ("orders", "shipping", True)]),
        (First.SPLIT, False, [("shipping", "orders", True), ("orders", "shipping", False)]),
        (None, True, [("orders", "shipping", False)]),
    ],
)
def test_who_moves_first_follows_from_the_documents(
    first: First | None, adopts: bool, wanted: list[tuple[str, str, bool]]
) -> None:
    assert pairs(needed([orders(), shipping(adopts=adopts)], RELIES, said(first))) == wanted


def test_what_the_plan_names_but_nobody_compared_is_provider_first_and_says_so() -> None:
    (edge,) = needed([orders(), shipping(adopts=True)], RELIES)
    assert (edge.first, edge.breaks) == ("orders", "")
    assert "orders-api 2.1 to 3.0.0: its documents were not compared, so orders first" in edge.why


def test_each_consumer_is_ruled_by_what_it_uses() -> None:
    known = {
        API: Rulings(Ruling(First.SPLIT), {"shipping": Ruling(First.ANY), "web": Ruling(First.CONSUMER)})
    }
    moves = [orders(), shipping(), Move("web", "web")]
    needs = [*RELIES, Needs("web", "orders", "orders-api")]
    assert pairs(needed(moves, needs, known)) == [("web", "orders", True)]


def test_a_change_of_another_contract_orders_nothing_beyond_the_usual() -> None:
    other = Move("orders", "orders", contract="billing-api", contract_from="1", contract_to="2")
    assert pairs(needed([other, shipping()], RELIES, said(First.CONSUMER))) == [("orders", "shipping", False)]


def test_a_consumer_migrates_between_expand_and_contract() -> None:
    moves = [orders(ChangeKind.CONTRACT), shipping(ChangeKind.MIGRATE), orders(ChangeKind.EXPAND)]
    found = {(edge.first, edge.then): edge for edge in needed(moves, RELIES, said(First.SPLIT))}
    assert found["shipping", "orders.contract"].breaks == (
        "shipping fails when orders.contract takes orders-api 2.1 away before shipping"
    )
    assert "orders.expand" in found["orders.expand", "shipping"].first
    assert [wave.changes for wave in waves(moves, RELIES, (), said(First.SPLIT))] == [
        ("orders.expand",),
        ("shipping",),
        ("orders.contract",),
    ]


def test_the_reason_names_versions_and_what_breaks() -> None:
    because = "GET /orders/{id}: “/address” is gone"
    first, second = waves([orders(), shipping()], RELIES, (), said(First.CONSUMER, because))
    assert (first.changes, second.changes) == (("shipping",), ("orders",))
    assert second.reasons == (
        "orders after shipping: shipping relies on orders-api of orders and must move first "
        f"(orders-api 2.1 to 3.0.0: {because}).",
    )


def test_a_split_is_one_wave_that_advises_two_versions_or_a_shim() -> None:
    (wave,) = waves([orders(), shipping(adopts=True)], RELIES, (), said(First.SPLIT))
    assert wave.cycles == (("orders", "shipping"),)
    assert "Serve both versions of orders-api for a time (expand, migrate, contract)" in wave.reasons[0]
    assert "put a shim between them" in wave.reasons[0]


def test_many_removals_wait_for_everything_without_naming_each() -> None:
    builds = [Move(f"s{number:03}", f"s{number:03}") for number in range(300)]
    gone = [Move(f"g{number:03}", f"g{number:03}", ChangeKind.CONTRACT) for number in range(300)]
    first, last = waves([*gone, *builds])
    assert (len(first.changes), len(last.changes)) == (300, 300)
    assert last.reasons[0].endswith("s007 and 292 more: g000 removes what others may still use.")


def test_removals_of_one_environment_wait_for_no_other() -> None:
    moves = [
        *(Move(name, name, environment="staging") for name in ("a", "b")),
        Move("c", "c", ChangeKind.CONTRACT, "staging"),
        Move("d", "d", ChangeKind.CONTRACT, "production"),
    ]
    found = waves(moves, [Needs("b", "a")])
    assert [wave.changes for wave in found] == [("a", "d"), ("b",), ("c",)]


def test_a_removal_names_each_once_and_what_fails_comes_before_what_is_only_safe() -> None:
    moves = [orders(ChangeKind.CONTRACT), shipping(ChangeKind.MIGRATE), orders(ChangeKind.EXPAND)]
    needs = [Needs("shipping", "orders", "a-stream"), *RELIES]
    found = waves(moves, needs, (), said(First.SPLIT))
    assert found[1].reasons == ("shipping after orders.expand: shipping relies on orders-api of orders.",)
    assert found[2].reasons == (
        "orders.contract after orders.expand, shipping: orders.contract removes what others may still use.",
        "orders.contract after orders.expand: orders does its expand first.",
    )


SERVICES = "abcdef"


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Move], list[Needs], dict[Transition, Rulings]]:
    """Services of which each provides one contract, with changes of every kind, documents and consumers."""
    moves, known = [], {}
    for name in sorted(draw(st.sets(st.sampled_from(SERVICES), min_size=1))):
        for kind in sorted(draw(st.sets(st.sampled_from(ChangeKind), min_size=1, max_size=3))):
            provider = draw(st.sampled_from(SERVICES)) if kind is ChangeKind.MIGRATE else name
            versions = draw(st.sampled_from([("", ""), ("1", "2")]))
            moves.append(Move(f"{name}.{kind}", name, kind, "", f"{provider}-api", *versions))
    for name in SERVICES:
        first = draw(st.sampled_from([*First, None]))
        known[Transition(f"{name}-api", "1", "2")] = Rulings(Ruling(first))
    each = st.tuples(st.sampled_from(SERVICES), st.sampled_from(SERVICES), st.booleans())
    needs = [
        Needs(c, p, f"{p}-api" if by else "") for c, p, by in draw(st.lists(each, max_size=12)) if c != p
    ]
    return moves, needs, known


@given(worlds())
def test_no_wave_order_ever_moves_one_before_what_it_needs(
    world: tuple[list[Move], list[Needs], dict[Transition, Rulings]],
) -> None:
    moves, needs, known = world
    found = waves(moves, needs, (), known)
    at = {name: wave.number for wave in found for name in wave.changes}
    together = {
        frozenset(pair) for wave in found for one in wave.cycles for pair in itertools.combinations(one, 2)
    }
    assert sorted(at) == sorted(move.name for move in moves)
    for edge in needed(moves, needs, known):
        assert at[edge.first] < at[edge.then] or frozenset((edge.first, edge.then)) in together


@given(worlds(), st.data())
def test_a_need_less_never_asks_for_more(
    world: tuple[list[Move], list[Needs], dict[Transition, Rulings]], data: st.DataObject
) -> None:
    moves, needs, known = world
    if not needs:
        return
    gone = data.draw(st.integers(0, len(needs) - 1))
    fewer = [need for number, need in enumerate(needs) if number != gone]
    assert set(needed(moves, fewer, known)) <= set(needed(moves, needs, known))
    if not any(wave.cycles for wave in waves(moves, needs, (), known)):
        before, after = (
            {name: wave.number for wave in waves(moves, some, (), known) for name in wave.changes}
            for some in (needs, fewer)
        )
        assert all(after[name] <= before[name] for name in before)
