"""Composite health: vectors worked out by hand, and what must hold for every graph."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.health.composite.rollup import (
    Call,
    Composite,
    Judgement,
    Status,
    above,
    judge,
    rollup,
    scope_of,
    status,
    weight,
)

ORDER = [Judgement.FAIL, Judgement.INCONCLUSIVE, Judgement.WARN, Judgement.PASS]

Vector = tuple[
    dict[str, float | None], dict[str, int], list[Call], list[str] | None, dict[str, float], float, float, str
]
# name: own signals, tiers, calls, scope (None for all), h by name, score, coverage, judgement
VECTORS: dict[str, Vector] = {
    "all well": (
        {"web": 1, "api": 1, "db": 1}, {"web": 0, "api": 1, "db": 1},
        [Call("web", "api"), Call("api", "db")], None, {"web": 1, "api": 1, "db": 1}, 1, 1, "pass",
    ),
    "the deepest fails": (
        {"web": 1, "api": 1, "db": 0}, {"web": 0, "api": 1, "db": 1},
        [Call("web", "api"), Call("api", "db")], None, {"web": 0, "api": 0, "db": 0}, 0, 1, "fail",
    ),
    "a soft callee fails": (
        {"web": 1, "rec": 0}, {"web": 0, "rec": 3},
        [Call("web", "rec", hard=False)], None, {"web": 0.8, "rec": 0}, 0.711111, 1, "warn",
    ),
    "a rarely called one fails": (
        {"web": 1, "pay": 0}, {"web": 0, "pay": 1},
        [Call("web", "pay", 0.3)], ["web"], {"web": 0.7, "pay": 0}, 0.7, 1, "warn",
    ),
    "a diamond counts its end once": (
        {"web": 1, "a": 1, "b": 1, "db": 0.6}, {"web": 0, "a": 2, "b": 2, "db": 1},
        [Call("web", "a", 0.5), Call("web", "b", 0.5), Call("a", "db"), Call("b", "db")], None,
        {"web": 0.8, "a": 0.6, "b": 0.6, "db": 0.6}, 0.7, 1, "warn",
    ),
    "a cycle does not collapse": (
        {"a": 0.9, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 2},
        [Call("a", "b"), Call("b", "a"), Call("c", "a")], None,
        {"a": 0.9, "b": 0.9, "c": 0.9}, 0.9, 1, "pass",
    ),
    "an unknown of tier 2": (
        {"web": 1, "api": 1, "x": None}, {"web": 0, "api": 1, "x": 2},
        [Call("web", "api"), Call("api", "x")], None,
        {"web": 1, "api": 1, "x": 1}, 1, 0.857143, "pass",
    ),
    "an unknown of tier 0": (
        {"web": None, "api": 1}, {"web": 0, "api": 1},
        [Call("web", "api")], None, {"web": 1, "api": 1}, 1, 0.333333, "inconclusive",
    ),
    "an unknown that suffers is known": (
        {"web": None, "api": 0.2}, {"web": 0, "api": 1},
        [Call("web", "api")], None, {"web": 0.2, "api": 0.2}, 0.2, 1, "fail",
    ),
    "small ones do not decide": (
        {"web": 1, "api": 1, "batch": 0.2, "mail": 0.6}, {"web": 0, "api": 1, "batch": 3, "mail": 3},
        [Call("batch", "api")], None,
        {"web": 1, "api": 1, "batch": 0.2, "mail": 0.6}, 0.914286, 1, "pass",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_vectors(name: str) -> None:
    own, tiers, calls, scope, health, score, coverage, judgement = VECTORS[name]
    found = rollup(own, calls)
    assert {key: round(each, 6) for key, each in found.items()} == pytest.approx(health, abs=0)
    said = judge(scope or list(own), found, own, tiers)
    assert (said.score, said.coverage, said.judgement) == (score, coverage, judgement)


def test_the_services_that_decided_are_named() -> None:
    tiers = {"web": 0, "api": 1, "rec": 2}
    own: dict[str, float | None] = {"web": 1, "api": 0.4, "rec": 0}
    assert judge(own, rollup(own, []), own, tiers).because == ("api",)
    own = {"web": 1, "api": 0.8, "rec": 1}
    assert judge(own, rollup(own, []), own, tiers) == Composite(Judgement.WARN, 0.942857, 1, ("api",))
    own = {"web": None, "api": 1, "rec": 1}
    assert judge(own, rollup(own, []), own, tiers).because == ("web",)
    own = {"web": 1, "api": 1, "rec": 1}
    assert judge(own, rollup(own, []), own, tiers).because == ()


def test_a_service_that_decides_is_not_outvoted_while_it_is_silent() -> None:
    """Weight alone would say pass: 16 of 20 are covered, and all of it is well."""
    own: dict[str, float | None] = {"web": 1, "shop": 1, "api": 0.2}
    tiers = {"web": 0, "shop": 0, "api": 1}
    assert judge(own, rollup(own, []), own, tiers).judgement is Judgement.FAIL
    own["api"] = None
    said = judge(own, rollup(own, []), own, tiers)
    assert (said.coverage, said.score) == (0.8, 1)
    assert said == Composite(Judgement.INCONCLUSIVE, 1, 0.8, ("api",))


def test_nothing_known_and_nothing_at_all_is_inconclusive() -> None:
    assert judge([], {}, {}, {}) == Composite(Judgement.INCONCLUSIVE, None, 0.0)
    assert judge(["a"], {"a": 1.0}, {"a": None}, {"a": 3}) == Composite(Judgement.INCONCLUSIVE, None, 0.0)


@pytest.mark.parametrize(
    ("health", "signal", "word"),
    [
        (0.4999994, 1, Status.FAILING), (0.4999996, 1, Status.DEGRADED), (0.5, None, Status.DEGRADED),
        (0.8999994, 1, Status.DEGRADED), (0.8999996, 1, Status.HEALTHY), (0.9, 0.9, Status.HEALTHY),
        (1, None, Status.UNKNOWN), (0.95, None, Status.UNKNOWN), (0.2, None, Status.FAILING),
    ],
)  # fmt: skip
def test_words(health: float, signal: float | None, word: Status) -> None:
    assert status(health, signal) is word


def test_scores_and_coverage_have_exact_limits() -> None:
    tiers = {"a": 2, "b": 2, "c": 2, "d": 2, "e": 2}
    for low, word in ((0.7, "warn"), (0.69, "fail"), (0.9, "pass"), (0.89, "warn")):
        own: dict[str, float | None] = dict.fromkeys(tiers, low)
        assert judge(own, rollup(own, []), own, tiers).judgement == word
    own = {"a": 1, "b": 1, "c": 1, "d": 1, "e": None}
    assert judge(own, rollup(own, []), own, tiers) == Composite(Judgement.PASS, 1, 0.8)
    own["d"] = None
    assert judge(own, rollup(own, []), own, tiers) == Composite(Judgement.INCONCLUSIVE, 1, 0.6)


def test_tiers_weigh_half_of_the_one_before() -> None:
    assert [weight(tier) for tier in range(-1, 6)] == [8, 8, 4, 2, 1, 0.5, 0.5]


def test_calls_of_strangers_and_of_no_share_pass_nothing_on() -> None:
    own = {"web": 1.0, "db": 0.0}
    strange = [Call("web", "nobody"), Call("nobody", "db"), Call("web", "db", 0.0), Call("web", "db", -1)]
    assert rollup(own, strange) == own
    assert rollup(own, [Call("web", "db", 7.0)]) == {"web": 0.0, "db": 0.0}
    assert rollup({"web": 1.7, "db": -3.0}, []) == {"web": 1.0, "db": 0.0}


def test_scope_is_all_above_and_one_step_below() -> None:
    calls = [Call("web", "api"), Call("api", "db"), Call("db", "disk"), Call("job", "db"), Call("x", "y")]
    assert scope_of(["api"], calls) == {"web", "api", "db"}
    assert scope_of(["db"], calls) == {"web", "api", "job", "db", "disk"}
    assert scope_of(["alone"], []) == {"alone"}
    assert above(["a"], {"a": ["b"], "b": ["a", "c"]}) == {"a", "b", "c"}


NAMES = st.sampled_from("abcdefg")
SIGNALS = st.one_of(st.none(), st.floats(0, 1))
CALLS = st.lists(st.builds(Call, NAMES, NAMES, st.floats(0, 1), st.booleans()), max_size=20)
OWN = st.dictionaries(NAMES, SIGNALS, min_size=1)


def by_rounds(own: dict[str, float | None], calls: list[Call]) -> dict[str, float]:
    """The definition, literally: all anew until nothing changes."""
    start = {name: 1.0 if each is None else each for name, each in own.items()}
    known = dict(start)
    for _ in range(len(own) + 1):
        fresh = dict(start)
        for call in calls:
            if call.caller in known and call.callee in known:
                passed = 1 - call.passes_on * (1 - known[call.callee])
                fresh[call.caller] = min(fresh[call.caller], passed)
        if fresh == known:
            break
        known = fresh
    return known


@given(OWN, CALLS)
def test_settling_the_worst_first_equals_rounds_until_nothing_changes(
    own: dict[str, float | None], calls: list[Call]
) -> None:
    assert rollup(own, calls) == pytest.approx(by_rounds(own, calls), abs=1e-9)


@given(OWN, CALLS, NAMES, st.floats(0, 1))
def test_failing_more_raises_no_health_and_no_score(
    own: dict[str, float | None], calls: list[Call], name: str, lower: float
) -> None:
    tiers = {each: ord(each) % 4 for each in own}
    was = rollup(own, calls)
    known = {each: signal for each, signal in own.items() if signal is not None}
    worse = {**own, **({name: min(known[name], lower)} if name in known else {})}
    now = rollup(worse, calls)
    assert all(now[each] <= was[each] for each in own)
    # A caller of whom nothing was known joins the score once it suffers: these are not compared.
    measured = list(known)
    before, after = judge(measured, was, own, tiers), judge(measured, now, worse, tiers)
    assert (after.score or 0) <= (before.score or 0)
    assert ORDER.index(after.judgement) <= ORDER.index(before.judgement)


@given(OWN, st.sets(NAMES))
def test_falling_silent_turns_no_failure_into_a_pass(own: dict[str, float | None], silent: set[str]) -> None:
    tiers = {each: ord(each) % 5 for each in own}
    hushed = {name: None if name in silent else signal for name, signal in own.items()}
    was = judge(own, rollup(own, []), own, tiers).judgement
    now = judge(own, rollup(hushed, []), hushed, tiers).judgement
    assert not (was is Judgement.FAIL and now is Judgement.PASS)


@given(OWN, CALLS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_given_changes_nothing(
    own: dict[str, float | None], calls: list[Call], chance: random.Random
) -> None:
    tiers = {each: ord(each) % 4 for each in own}
    names = list(own)
    chance.shuffle(names)
    shuffled = chance.sample(calls, len(calls))
    mixed = {name: own[name] for name in names}
    was, now = rollup(own, calls), rollup(mixed, shuffled)
    assert was == now
    assert judge(names, now, mixed, tiers) == judge(own, was, own, tiers)


@given(OWN, CALLS, st.integers(0, 4))
def test_one_more_service_that_is_well_makes_nothing_worse(
    own: dict[str, float | None], calls: list[Call], tier: int
) -> None:
    tiers = {each: ord(each) % 4 for each in own} | {"new": tier}
    was = judge(own, rollup(own, calls), own, tiers)
    more = {**own, "new": 1.0}
    now = judge(more, rollup(more, [*calls, Call("a", "new")]), more, tiers)
    assert ORDER.index(now.judgement) >= ORDER.index(was.judgement)


def test_a_chain_through_ten_thousand_services_is_worked_out() -> None:
    """Deeper than any recursion; how long it takes is measured by `make bench ARGS=graph`."""
    chance = random.Random(7)
    names = [f"s{at}" for at in range(10_000)]
    own: dict[str, float | None] = {name: chance.choice([1, 1, 1, 0.5, None]) for name in names}
    # A chain through all of them is the deepest there is.
    calls = [Call(names[at], names[at + 1]) for at in range(len(names) - 1)]
    calls += [
        Call(chance.choice(names), chance.choice(names), chance.random(), chance.random() < 0.8)
        for _ in range(30_001)
    ]
    found = rollup(own, calls)
    judge(names, found, own, dict.fromkeys(names, 1))
    assert found["s0"] == 0.5
