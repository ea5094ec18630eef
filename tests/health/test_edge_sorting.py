"""What is declared beside what was seen: confidence by its formula, and in which list an edge stands."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.contracts.values import speaks
from rollouts.health.edges.confidence import Sureness, confidence, sureness
from rollouts.health.edges.sorting import Declared, Seen, Why, sort
from tests.health.factories import EPOCH

NOW = EPOCH


def ago(**length: float) -> datetime:
    return NOW - timedelta(**length)


def edge(caller: str = "web", callee: str = "api", calls: int = 999, silent: float = 0, **more: str) -> Seen:
    return Seen(caller, callee, ago(days=90), ago(days=silent), calls, **more)


@pytest.mark.parametrize(
    ("calls", "days", "wanted"), [(999, 0, 1.0), (9, 0, 1 / 3), (999, 14, 0.25), (0, 0, 0.0), (10**6, 7, 0.5)]
)
def test_confidence_is_as_its_formula_says(calls: int, days: float, wanted: float) -> None:
    assert confidence(calls, ago(days=days), NOW) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("value", "word"),
    [(0.5, Sureness.ACTIVE), (0.4999, Sureness.WEAK), (0.1, Sureness.WEAK), (0.0999, Sureness.DORMANT)],
)
def test_words_of_a_confidence(value: float, word: Sureness) -> None:
    assert sureness(value) is word


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0, 1000), st.floats(0, 1000))
def test_more_calls_never_make_it_less_sure_and_silence_never_surer(
    one: int, other: int, days: float, more: float
) -> None:
    few, many = sorted((one, other))
    assert 0 <= confidence(few, ago(days=days), NOW) <= confidence(many, ago(days=days), NOW) <= 1
    assert confidence(many, ago(days=days + more), NOW) <= confidence(many, ago(days=days), NOW)


def test_calls_a_day_are_over_the_last_seven_days_or_since_the_first() -> None:
    assert edge(calls=700).per_day == 100
    assert Seen("web", "api", ago(hours=1), NOW, 50).per_day == 50
    assert Seen("web", "api", ago(days=1), NOW, 50).per_day == 25


def test_declared_and_seen_is_confirmed() -> None:
    found = sort([Declared("web", "api")], [edge()], old={}, now=NOW)
    assert [one.declared.caller for one in found.silent] == []
    assert found.confirmed[0][0] == Declared("web", "api")
    assert found.undeclared == ()


@pytest.mark.parametrize(
    ("since", "seen", "why"),
    [
        (None, [edge(silent=31)], Why.STALE),
        (ago(days=31), [edge("web", "other")], Why.STALE),
        (ago(days=29), [edge("web", "other")], Why.FRESH),
        (ago(days=31), [], Why.UNMEASURED),
        (None, [edge("other", "api")], Why.UNMEASURED),
        (ago(days=3), [edge(silent=40)], Why.FRESH),
    ],
)
def test_why_a_declaration_is_not_seen(since: datetime | None, seen: list[Seen], why: Why) -> None:
    found = sort([Declared("web", "api", since=since)], seen, old={}, now=NOW)
    assert [one.why for one in found.silent] == [why]
    assert found.confirmed == ()


def test_a_declaration_is_asked_about_after_thirty_days_and_not_before() -> None:
    def silent(days: float) -> int:
        return len(sort([Declared("web", "api")], [edge(silent=days)], old={}, now=NOW).silent)

    assert (silent(29.9), silent(30)) == (0, 1)


def test_seen_and_not_declared_is_listed_unless_it_is_dormant_or_dismissed() -> None:
    seen = [edge("web", "api"), edge("web", "db", calls=1), edge("job", "db"), edge("web", "rec", silent=60)]
    found = sort([], seen, old={}, dismissed={("job", "db")}, now=NOW)
    assert [(one.caller, one.callee) for one in found.undeclared] == [("web", "api"), ("web", "db")]


def test_calls_that_are_told_with_and_without_their_contract_are_one_edge() -> None:
    seen = [
        edge(calls=100),
        edge(calls=60, contract="a", version="1"),
        edge(calls=30, contract="a", version="2"),
    ]
    (one,) = sort([], seen, old={}, now=NOW).undeclared
    assert (one.week_calls, one.contract) == (100, "")


def test_a_contract_is_confirmed_by_its_own_calls_where_they_are_told_apart() -> None:
    contracts = [Declared("web", "api", "a"), Declared("web", "api", "b")]
    seen = [edge(contract="a", version="1"), edge(contract="b", version="1", silent=45)]
    found = sort(contracts, seen, old={}, now=NOW)
    assert [declared.contract for declared, _ in found.confirmed] == ["a"]
    assert [one.declared.contract for one in found.silent] == ["b"]


def test_messages_are_seen_from_their_producer_to_their_consumer() -> None:
    events = Declared("mail", "orders", "order-events", event=True)
    found = sort([events], [edge("orders", "mail")], old={}, now=NOW)
    assert (len(found.confirmed), found.undeclared) == (1, ())
    plain = Declared("mail", "orders", "orders-api")
    assert len(sort([plain], [edge("orders", "mail")], old={}, now=NOW).undeclared) == 1


def test_calls_on_old_versions_name_their_callers_and_what_nobody_made() -> None:
    seen = [
        edge(calls=60, contract="a", version="2"),
        edge("job", calls=30, contract="a", version="2.1"),
        edge("", calls=100, contract="a", version="2"),
        edge("new", contract="a", version="3"),
        edge("old", contract="a", version="2", silent=31),
    ]
    found = sort([Declared("web", "api", "a")], seen, old={"a": ["2"]}, now=NOW)
    assert [(one.caller, one.version, one.week_calls) for one in found.outdated] == [
        ("web", "2", 60), ("", "2", 40), ("job", "2.1", 30)
    ]  # fmt: skip


def test_calls_that_all_have_a_name_leave_nobody_unnamed() -> None:
    seen = [edge(calls=60, contract="a", version="2"), edge("", calls=60, contract="a", version="2")]
    found = sort([], seen, old={"a": ["2"]}, now=NOW)
    assert [one.caller for one in found.outdated] == ["web"]


@pytest.mark.parametrize(
    ("version", "known", "wanted"),
    [
        ("2.1", ["2"], "2"),
        ("2", ["2"], "2"),
        ("21", ["2"], ""),
        ("2.1.3", ["2", "2.1"], "2.1"),
        ("", ["2"], ""),
    ],
)
def test_a_call_speaks_a_version_or_a_minor_of_it(version: str, known: list[str], wanted: str) -> None:
    assert speaks(version, known) == wanted


EDGES = st.lists(
    st.builds(
        Seen,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["a", "b", "c"]),
        st.just(ago(days=90)),
        st.floats(0, 80).map(lambda days: ago(days=days)),
        st.integers(1, 2000),
    ).filter(lambda one: one.caller != one.callee),
    max_size=8,
)
DECLARED = st.lists(
    st.builds(Declared, st.sampled_from(["a", "b", "c"]), st.sampled_from(["a", "b", "c"])), max_size=6
)


@given(DECLARED, EDGES)
def test_every_declaration_stands_in_one_list_and_no_declared_edge_is_undeclared(
    declared: list[Declared], seen: list[Seen]
) -> None:
    found = sort(declared, seen, old={}, now=NOW)
    assert len(found.confirmed) + len(found.silent) == len(declared)
    pairs = {(one.caller, one.callee) for one in declared}
    assert not pairs & {(one.caller, one.callee) for one in found.undeclared}
