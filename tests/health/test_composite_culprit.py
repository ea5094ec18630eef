"""Who began it, and how much it matters: vectors worked out by hand, and what must hold for every graph."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.health.composite.culprit import Kind, Root, Seen, find
from rollouts.health.composite.priority import Priority, callers_of, impact
from rollouts.health.composite.rollup import Call, by_callee, rollup, spread


def test_the_deepest_that_makes_its_errors_itself_is_the_culprit() -> None:
    found = find(
        {"web": 0.05, "api": 0.05, "db": 0.06}, [Seen("web", "api", 1, 0.05), Seen("api", "db", 0.8, 0.06)]
    )
    db = Root(Kind.SERVICE, ("db",))
    assert found.roots == {"web": db, "api": db, "db": db}
    assert found.victims() == {db: ("api", "web")}
    assert found.own == {"web": 0, "api": pytest.approx(0.002), "db": 0.06}
    assert found.through == {"web": "api", "api": "db"}


def test_a_callee_that_is_well_puts_the_root_between_the_two() -> None:
    found = find({"web": 0.05, "api": 0.001}, [Seen("web", "api", 1, 0.05)])
    (root,) = found.victims()
    assert (root.key, root.kind, root.answering) == ("web->api", Kind.EDGE, "web")
    assert found.victims() == {root: ("web",)}


def test_one_that_makes_most_itself_is_a_culprit_beside_its_callee() -> None:
    found = find({"web": 0.04, "pay": 0.02}, [Seen("web", "pay", 0.3, 0.02)])
    assert found.own["web"] == 0.034
    assert found.victims() == {Root(Kind.SERVICE, ("pay",)): (), Root(Kind.SERVICE, ("web",)): ()}


def test_a_circle_is_a_root_of_its_own_and_whoever_calls_it_suffers() -> None:
    seen = [Seen("a", "b", 1, 0.1), Seen("b", "a", 1, 0.1), Seen("web", "b", 1, 0.1)]
    found = find({"a": 0.1, "b": 0.1, "web": 0.1}, seen)
    (root,) = found.victims()
    assert (root.key, root.kind, root.names) == ("cycle a b", Kind.CYCLE, ("a", "b"))
    assert found.victims() == {root: ("web",)}


def test_a_callee_without_telemetry_is_the_root() -> None:
    found = find({"web": 0.03}, [Seen("web", "stripe", 0.2, 0.15)])
    stripe = Root(Kind.UNSEEN, ("stripe",))
    assert (found.victims(), stripe.key) == ({stripe: ("web",)}, "stripe")


def test_up_to_the_limit_all_is_well_and_half_is_enough() -> None:
    assert find({"web": 0.01}, []).roots == {}
    assert find({"web": 0.02}, [], {"web": 0.02}).roots == {}
    half = find({"web": 0.04, "pay": 0.04}, [Seen("web", "pay", 0.5, 0.04)])
    assert half.roots["web"].names == ("web",)
    less = find({"web": 0.04, "pay": 0.04}, [Seen("web", "pay", 0.51, 0.04)])
    assert less.roots["web"].names == ("pay",)


def test_shares_above_one_count_as_one_and_nobody_inherits_more_than_it_has() -> None:
    assert Seen("a", "b", 5, 0.1).passed_on == 0.1
    assert Seen("a", "b", -1, 0.1).passed_on == 0
    assert find({"a": 0.02, "b": 0.5}, [Seen("a", "b", 1, 0.5)]).own["a"] == 0


def test_of_two_that_pass_on_as_much_the_first_name_is_followed() -> None:
    calls = [Seen("web", "z", 1, 0.05), Seen("web", "a", 1, 0.05)]
    assert find({"web": 0.05}, calls).roots["web"].names == ("a",)
    assert find({"web": 0.05}, [*calls, Seen("web", "m", 1, 0.06)]).roots["web"].names == ("m",)


NAMES = st.sampled_from("abcdefg")
SEEN = st.lists(
    st.builds(Seen, NAMES, NAMES, st.floats(0, 1), st.floats(0, 1)),
    max_size=20,
    unique_by=lambda each: (each.caller, each.callee),
)


@given(st.dictionaries(NAMES, st.floats(0, 1)), SEEN, st.floats(0, 0.5), st.randoms(use_true_random=False))
def test_everything_above_its_limit_has_one_root_whatever_the_order(
    errors: dict[str, float], seen: list[Seen], limit: float, chance: random.Random
) -> None:
    found = find(errors, seen, limit)
    assert set(found.roots) == {name for name, share in errors.items() if share > limit}
    for root in found.roots.values():
        assert root.kind is not Kind.UNSEEN or root.names[0] not in errors
        assert root.kind is not Kind.SERVICE or found.roots[root.names[0]] == root
    names = list(errors)
    chance.shuffle(names)
    mixed = chance.sample(seen, len(seen))
    assert find({name: errors[name] for name in names}, mixed, limit) == found


def test_a_root_matters_by_what_suffers_most_and_by_how_many() -> None:
    tiers = {"web": 0, "api": 1, "db": 2}
    calls = [Call("web", "api"), Call("api", "db")]
    health = rollup({"web": 1, "api": 1, "db": 0.4}, calls)
    callers = callers_of([(call.caller, call.callee) for call in calls])
    said = impact(["db"], health, tiers, callers)
    assert (round(said.points, 4), said.priority, said.suffering) == (12.4078, Priority.P1, ("api", "web"))


def test_a_soft_callee_matters_little() -> None:
    health = rollup({"web": 1, "rec": 0.5}, [Call("web", "rec", hard=False)])
    said = impact(["rec"], health, {"web": 0, "rec": 3}, {"rec": ["web"]})
    assert (said.points, said.priority, said.suffering) == (0.8, Priority.P4, ())


@pytest.mark.parametrize(
    ("health", "tier", "points", "priority"),
    [(0, 0, 8, "P1"), (0, 1, 4, "P2"), (0.01, 0, 7.92, "P2"), (0.25, 2, 1.5, "P3"), (0.01, 1, 3.96, "P3"),
     (0.26, 2, 1.48, "P4"), (1, 0, 0, "P4")],
)  # fmt: skip
def test_priorities_have_exact_limits(health: float, tier: int, points: float, priority: str) -> None:
    said = impact(["a"], {"a": health}, {"a": tier}, {})
    assert (said.points, said.priority) == (points, priority)


def test_a_side_service_does_not_borrow_the_weight_of_what_something_else_broke() -> None:
    """web is broken by db, and rec, which it copes without, is broken too."""
    tiers = {"web": 0, "db": 1, "rec": 3}
    calls = [Call("web", "db"), Call("web", "rec", hard=False)]
    callers = {"db": ["web"], "rec": ["web"]}
    together = rollup({"web": 1, "db": 0, "rec": 0.5}, calls)
    assert impact(["rec"], together, tiers, callers).priority is Priority.P1
    alone = spread({"rec": 0.5}, by_callee(calls))
    assert impact(["rec"], alone, tiers, callers).priority is Priority.P4
    assert impact(["db"], spread({"db": 0}, by_callee(calls)), tiers, callers).points == 16


def test_what_nobody_measures_matters_by_its_callers() -> None:
    said = impact(["stripe"], {"web": 0.5}, {"web": 0}, {"stripe": ["web"]})
    assert (said.points, said.priority, said.suffering) == (8.0, Priority.P1, ("web",))
    assert impact(["stripe"], {"web": 0.5}, {"web": 0}, {}).points == 0


@given(st.dictionaries(NAMES, st.floats(0, 1), min_size=1), SEEN, st.floats(0, 1))
def test_worse_health_never_matters_less(health: dict[str, float], seen: list[Seen], part: float) -> None:
    tiers = {name: ord(name) % 5 for name in health}
    callers = callers_of([(each.caller, each.callee) for each in seen])
    root = min(health)
    worse = {name: each * part for name, each in health.items()}
    assert impact([root], worse, tiers, callers).points >= impact([root], health, tiers, callers).points


def test_a_chain_through_ten_thousand_services_is_worked_out() -> None:
    """Deeper than any recursion; how long it takes is measured by `make bench ARGS=graph`."""
    chance = random.Random(7)
    names = [f"s{at}" for at in range(10_000)]
    errors = {name: chance.choice([0.0, 0.0, 0.02, 0.2]) for name in names}
    seen = [Seen(names[at], names[at + 1], 1, errors[names[at + 1]]) for at in range(len(names) - 1)]
    seen += [
        Seen(chance.choice(names), chance.choice(names), chance.random(), chance.random() / 5)
        for _ in range(30_001)
    ]
    found = find(errors, seen)
    found.victims()
    assert len(found.roots) > 4_000
