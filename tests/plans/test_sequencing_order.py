"""Whether stages keep the order that changes need, and orders that are stated in vain."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.values import First, Ruling, Rulings, Transition
from rollouts.plans.sequencing.contradicting import contradictions
from rollouts.plans.sequencing.edges import needed
from rollouts.plans.sequencing.judging import judge
from rollouts.plans.sequencing.order import Step, findings
from rollouts.plans.sequencing.values import Edge, Move, Needs, Stated
from rollouts.plans.values import ChangeKind
from tests.plans.test_sequencing_edges import API, RELIES, orders, shipping, worlds

BREAKS = {API: Rulings(Ruling(First.CONSUMER, "GET /orders/{id}: “/address” is gone"))}
BOTH = [orders(), shipping()]


def steps(*targets: str, percent: float = 100) -> list[Step]:
    return [Step(number, tuple(each.split()), percent) for number, each in enumerate(targets, 1)]


def test_a_provider_that_takes_away_before_its_consumer_has_moved_breaks_it() -> None:
    order = judge(BOTH, RELIES, [], BREAKS, steps("orders", "shipping"))
    (found,) = order.breaking
    assert found.name == "orders before shipping"
    assert found.path == ("orders", "orders-api", "shipping")
    assert found.sentence == (
        "shipping fails when orders moves before it (orders-api 2.1 to 3.0.0: GET /orders/{id}: “/address” "
        "is gone): stage 1 moves orders, and shipping follows only in stage 2"
    )


def test_the_waves_as_stages_break_nobody() -> None:
    order = judge(BOTH, RELIES, [], BREAKS, steps("shipping", "orders"))
    assert order.findings == ()


def test_one_stage_for_both_is_doubtful_and_no_more() -> None:
    order = judge(BOTH, RELIES, [], BREAKS, steps("orders shipping"))
    assert [one.breaks for one in order.findings] == [False]
    assert "together, in no order of its own" in order.findings[0].sentence


def test_a_change_that_has_only_a_share_when_the_next_begins_is_doubtful() -> None:
    stages = [Step(1, ("shipping",), 10), Step(2, ("orders",), 100), Step(3, ("shipping",), 100)]
    order = judge(BOTH, RELIES, [], BREAKS, stages)
    assert order.breaking == ()
    assert "shipping has only 10 % of its traffic when stage 2 moves orders" in order.findings[0].sentence


def test_a_stage_that_grants_nothing_moves_nothing() -> None:
    stages = [Step(1, ("orders",), 0), Step(2, ("shipping",), 100), Step(3, ("orders",), 100)]
    assert judge(BOTH, RELIES, [], BREAKS, stages).findings == ()


def test_an_order_that_is_only_safe_is_never_said_to_break() -> None:
    order = judge(
        [Move("web", "web"), Move("pay", "pay")], [Needs("web", "pay")], [], {}, steps("web", "pay")
    )
    assert order.breaking == ()
    assert [one.name for one in order.doubtful] == ["web before pay"]


def test_a_stated_order_replaces_what_is_only_safe_and_not_what_breaks() -> None:
    stated = [Stated("orders", "shipping", "the fields are read from the cache")]
    safe = judge(BOTH, RELIES, stated, {}, steps("orders", "shipping"))
    assert safe.findings == ()
    assert safe.contradictions == ()
    proven = judge(BOTH, RELIES, stated, BREAKS, steps("orders", "shipping"))
    assert [one.name for one in proven.breaking] == ["orders before shipping"]
    (against,) = proven.contradictions
    assert against.sentence == (
        "The plan says orders before shipping (the fields are read from the cache), and against it stands "
        "shipping before orders: shipping fails when orders moves before it (orders-api 2.1 to 3.0.0: "
        "GET /orders/{id}: “/address” is gone)."
    )


def test_a_migration_before_its_expand_and_a_removal_before_its_migration_break() -> None:
    moves = [orders(ChangeKind.EXPAND), shipping(ChangeKind.MIGRATE), orders(ChangeKind.CONTRACT)]
    early = judge(moves, RELIES, [], BREAKS, steps("shipping", "orders.expand", "orders.contract"))
    assert [one.name for one in early.breaking] == ["shipping before orders.expand"]
    late = judge(moves, RELIES, [], BREAKS, steps("orders.expand", "orders.contract", "shipping"))
    assert [one.name for one in late.breaking] == ["orders.contract before shipping"]
    assert "takes orders-api 2.1 away" in late.breaking[0].sentence


def hard(*pairs: str) -> list[Edge]:
    return [Edge(a, b, "why", f"{b} fails", b) for a, b in (pair.split(">") for pair in pairs)]


def says(*pairs: str) -> list[Stated]:
    return [Stated(*pair.split(">")) for pair in pairs]


@pytest.mark.parametrize(
    ("needs", "order", "gone"),
    [
        ((), ("a>b", "b>c"), []),
        ((), ("a>b", "b>a"), ["a>b"]),
        (("a>b",), ("b>a",), ["b>a"]),
        (("a>b", "b>c"), ("c>a", "a>d"), ["c>a"]),
        (("a>b", "c>d"), ("b>c", "d>a", "d>e"), ["b>c"]),
        (("a>x", "b>x", "c>x"), ("x>a", "x>b", "x>c"), ["x>a", "x>b", "x>c"]),
        (("a>b", "b>a"), ("a>c",), []),
    ],
)
def test_the_smallest_set_of_stated_orders_is_told(
    needs: tuple[str, ...], order: tuple[str, ...], gone: list[str]
) -> None:
    found = contradictions(hard(*needs), says(*order))
    assert [f"{one.stated.first}>{one.stated.then}" for one in found] == gone
    assert all(one.against for one in found)


NAMES = "abcde"
PAIRS = [f"{a}>{b}" for a, b in itertools.permutations(NAMES, 2)]


@given(
    st.lists(st.sampled_from(PAIRS), max_size=5), st.lists(st.sampled_from(PAIRS), max_size=5, unique=True)
)
def test_no_smaller_set_would_do_and_without_it_the_rest_holds(needs: list[str], order: list[str]) -> None:
    stated, edges = says(*order), hard(*needs)
    gone = [one.stated for one in contradictions(edges, stated)]
    assert contradictions(edges, [one for one in stated if one not in gone]) == []
    for fewer in itertools.combinations(stated, max(0, len(gone) - 1)):
        if gone:
            assert contradictions(edges, [one for one in stated if one not in fewer])


def test_many_contradictions_are_told_in_time() -> None:
    names = [f"n{number}" for number in range(60)]
    stated = [Stated(a, b) for a, b in itertools.pairwise(names)]
    edges = [Edge(b, a, "why", "it fails", a) for a, b in itertools.pairwise(names)]
    assert len(contradictions(edges, stated)) == 59


@given(worlds(), st.data())
def test_a_need_less_never_makes_the_answer_stricter(
    world: tuple[list[Move], list[Needs], dict[Transition, Rulings]], data: st.DataObject
) -> None:
    moves, needs, known = world
    if not needs:
        return
    names = data.draw(st.permutations([move.name for move in moves]))
    stages = [Step(number, (name,)) for number, name in enumerate(names, 1)]
    gone = data.draw(st.integers(0, len(needs) - 1))
    fewer = [need for number, need in enumerate(needs) if number != gone]
    before, after = (judge(moves, some, [], known, stages) for some in (needs, fewer))
    assert {one.sentence for one in after.breaking} <= {one.sentence for one in before.breaking}


@given(worlds())
def test_stages_by_the_waves_break_nobody_who_does_not_wait_in_a_circle(
    world: tuple[list[Move], list[Needs], dict[Transition, Rulings]],
) -> None:
    moves, needs, known = world
    order = judge(moves, needs, [], known)
    stages = [Step(wave.number, wave.changes) for wave in order.waves]
    assert [one for one in findings(needed(moves, needs, known), stages) if one.breaks] == []
