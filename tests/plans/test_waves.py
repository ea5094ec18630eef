import itertools

from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.values import First
from rollouts.plans.values import ChangeKind
from rollouts.plans.waves import Move, Needs, Stated, Wave, waves


def builds(*services: str) -> list[Move]:
    return [Move(service, service) for service in services]


def names(found: list[Wave]) -> list[tuple[str, ...]]:
    return [wave.changes for wave in found]


def test_providers_move_before_their_consumers() -> None:
    chain = [Needs("web", "pay"), Needs("pay", "ledger")]
    assert names(waves(builds("web", "pay", "ledger"), chain)) == [("ledger",), ("pay",), ("web",)]


def test_a_removal_moves_its_consumers_first() -> None:
    chain = [Needs("web", "pay", first=First.CONSUMER), Needs("pay", "ledger", first=First.CONSUMER)]
    assert names(waves(builds("web", "pay", "ledger"), chain)) == [("web",), ("pay",), ("ledger",)]


def test_changes_that_do_not_wait_for_each_other_share_a_wave() -> None:
    needs = [Needs("cart", "order"), Needs("order", "stock"), Needs("ship", "stock")]
    assert names(waves(builds("cart", "order", "stock", "ship"), needs)) == [
        ("stock",),
        ("order", "ship"),
        ("cart",),
    ]


def test_readers_of_an_event_that_becomes_nullable_move_first() -> None:
    needs = [Needs(reader, "order", "order-events", first=First.CONSUMER) for reader in ("mail", "audit")]
    assert names(waves(builds("mail", "order", "audit"), needs)) == [("audit", "mail"), ("order",)]


def test_a_cycle_is_one_wave_and_is_named() -> None:
    needs = [Needs("auth", "user"), Needs("user", "auth"), Needs("billing", "auth")]
    first, second = waves(builds("auth", "user", "billing"), needs)
    assert first.changes == ("auth", "user")
    assert first.cycles == (("auth", "user"),)
    assert "auth, user wait for each other" in first.reasons[0]
    assert second.changes == ("billing",)
    assert second.cycles == ()


def test_expand_migrate_contract_is_three_waves() -> None:
    moves = [
        Move("order.expand", "order", ChangeKind.EXPAND),
        Move("app.migrate", "app", ChangeKind.MIGRATE),
        Move("web.migrate", "web", ChangeKind.MIGRATE),
        Move("order.contract", "order", ChangeKind.CONTRACT),
    ]
    found = names(waves(moves, [Needs("app", "order"), Needs("web", "order")]))
    assert found == [("order.expand",), ("app.migrate", "web.migrate"), ("order.contract",)]


def test_contract_steps_come_last_even_without_a_known_dependency() -> None:
    moves = [*builds("billing"), Move("order.contract", "order", ChangeKind.CONTRACT)]
    found = waves(moves)
    assert names(found) == [("billing",), ("order.contract",)]
    assert "removes what others may still use" in found[1].reasons[0]


def test_an_edge_of_the_plan_replaces_the_graph() -> None:
    needs = [Needs("web", "pay")]
    found = waves(builds("web", "pay"), needs, [Stated("web", "pay", "web hides the button first")])
    assert names(found) == [("web",), ("pay",)]
    assert found[1].reasons == ("pay after web: web hides the button first.",)


def test_a_stated_edge_may_put_a_contract_step_before_another_change() -> None:
    moves = [*builds("billing"), Move("order.contract", "order", ChangeKind.CONTRACT)]
    assert names(waves(moves, stated=[Stated("order.contract", "billing")])) == [
        ("order.contract",),
        ("billing",),
    ]


def test_the_reason_names_the_contract() -> None:
    found = waves(builds("shipping", "orders"), [Needs("shipping", "orders", "orders-api")])
    assert found[0].reasons == ("orders waits for nothing.",)
    assert found[1].reasons == ("shipping after orders: shipping relies on orders-api of orders.",)


def test_environments_do_not_wait_for_each_other() -> None:
    moves = [Move("web", "web", environment="staging"), Move("pay", "pay", environment="production")]
    assert len(waves(moves, [Needs("web", "pay")])) == 1


def test_services_that_do_not_change_are_ignored() -> None:
    assert names(waves(builds("web"), [Needs("web", "pay")], [Stated("web", "nothing")])) == [("web",)]


def test_no_changes_make_no_waves() -> None:
    assert waves([]) == []


SERVICES = "abcdefg"


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Move], list[Needs]]:
    kinds = st.sampled_from(list(ChangeKind))
    moves = [Move(name, name, draw(kinds)) for name in draw(st.sets(st.sampled_from(SERVICES), min_size=1))]
    pairs = st.tuples(st.sampled_from(SERVICES), st.sampled_from(SERVICES), st.sampled_from(First))
    return moves, [Needs(c, p, first=first) for c, p, first in draw(st.lists(pairs, max_size=12)) if c != p]


@given(worlds())
def test_every_change_is_in_exactly_one_wave(world: tuple[list[Move], list[Needs]]) -> None:
    moves, needs = world
    found = list(itertools.chain.from_iterable(names(waves(moves, needs))))
    assert sorted(found) == sorted(move.name for move in moves)


@given(worlds())
def test_waves_do_not_depend_on_the_order_of_the_input(world: tuple[list[Move], list[Needs]]) -> None:
    moves, needs = world
    assert waves(moves, needs) == waves(list(reversed(moves)), list(reversed(needs)))


@given(worlds())
def test_outside_a_circle_no_consumer_moves_before_its_provider(
    world: tuple[list[Move], list[Needs]],
) -> None:
    moves, needs = world
    found = waves(moves, needs)
    at = {name: wave.number for wave in found for name in wave.changes}
    contracting = {move.name for move in moves if move.kind is ChangeKind.CONTRACT}
    for need in needs:
        if {need.consumer, need.provider} <= set(at) and not {need.consumer, need.provider} & contracting:
            if need.first in (First.PROVIDER, First.SPLIT):
                assert at[need.provider] <= at[need.consumer]
            if need.first in (First.CONSUMER, First.SPLIT):
                assert at[need.consumer] <= at[need.provider]


def test_what_is_compatible_both_ways_moves_in_any_order() -> None:
    assert names(waves(builds("web", "pay"), [Needs("web", "pay", first=First.ANY)])) == [("pay", "web")]


def test_what_is_compatible_in_no_way_is_one_wave_with_advice() -> None:
    (wave,) = waves(builds("web", "pay"), [Needs("web", "pay", first=First.SPLIT)])
    assert wave.cycles == (("pay", "web"),)
    assert "or split a change" in wave.reasons[0]


@given(worlds(), st.data())
def test_a_need_less_never_makes_more_waves(
    world: tuple[list[Move], list[Needs]], data: st.DataObject
) -> None:
    moves, needs = world
    if not needs or len({need.first for need in needs} & {First.SPLIT}):
        return  # without an edge a circle may fall apart into waves
    acyclic = all(not wave.cycles for wave in waves(moves, needs))
    gone = data.draw(st.integers(0, len(needs) - 1))
    fewer = [need for number, need in enumerate(needs) if number != gone]
    if acyclic:
        assert len(waves(moves, fewer)) <= len(waves(moves, needs))


def test_a_large_graph_is_ordered() -> None:
    size = 2000
    moves = builds(*(f"s{number}" for number in range(size)))
    needs = [Needs(f"s{number}", f"s{number // 2}") for number in range(1, size)]
    assert len(waves(moves, needs)) == 12
