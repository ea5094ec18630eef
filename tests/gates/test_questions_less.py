"""Less that is known to rely on a version never makes an answer stricter: consumers, edges, calls.

What speaks for a version is another matter: a result of tests, a call of the new version, a count of calls.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from rollouts.accounts.models import Team
from rollouts.catalog.models import Service
from rollouts.contracts.models import Consumer, Contract, ContractVersion, Rules
from rollouts.contracts.queries import Feeling, Felt, Ground, Source, Standing
from rollouts.contracts.questions.promoting import can_promote
from rollouts.contracts.questions.retiring import can_retire
from rollouts.contracts.questions.values import WORST_FIRST, Asked, Evidence, Question, Touch, Word
from rollouts.contracts.values import Readiness
from rollouts.gates.questions.assembling import promote_facts, retire_facts
from rollouts.gates.questions.gathering import Gathered, Subject
from rollouts.gates.questions.judging import WORST_FIRST as WORST_VERDICT_FIRST
from rollouts.gates.questions.judging import verdict
from rollouts.gates.questions.returning import Return
from rollouts.health.queries import speaking

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)
NAMES = ("web", "app", "job", "crawler")
NAME = "orders-api"


@dataclass(frozen=True)
class Known:
    """What is known around one contract; `declared` are consumers with how ready they are."""

    declared: tuple[tuple[str, Readiness], ...]
    edges: tuple[speaking.Edge, ...]
    heard: tuple[speaking.Heard, ...]
    returns: tuple[Return, ...]
    touches: dict[str, Touch]
    tested: tuple[str, ...]
    share: float
    ends: bool


def edge(caller: str, version: str, calls: int, days: int) -> speaking.Edge:
    contract = NAME if version else ""
    return speaking.Edge("production", caller, "orders", contract, version, NOW - timedelta(days=days), calls)


def heard(version: str, caller: str, origin: str, calls: int, lately: int) -> speaking.Heard:
    at = NOW - timedelta(days=1)
    return speaking.Heard(NAME, version, "production", caller, origin, calls, lately, at)


names = st.sampled_from(NAMES)
olds = st.sampled_from(["2.4.0", "2.4.0.1", "2"])
worlds = st.builds(
    Known,
    declared=st.dictionaries(names, st.sampled_from(Readiness), max_size=3).map(
        lambda each: tuple(each.items())
    ),
    edges=st.lists(
        st.builds(edge, names, st.sampled_from(["", "2.4.0"]), st.integers(0, 3000), st.integers(0, 20)),
        max_size=4,
    ).map(tuple),
    heard=st.lists(
        st.builds(
            heard, olds, st.sampled_from(["", *NAMES]), st.sampled_from(["server", "callers", "pushed:mesh"]),
            st.integers(0, 50), st.integers(0, 50),
        ),
        max_size=4,
    ).map(tuple),
    returns=st.lists(
        st.builds(
            Return, st.integers(1, 3), st.sampled_from(["a", "b"]), st.just("production"), st.just(NAME),
            st.sampled_from(["orders", "web"]), st.just(""), st.sampled_from(["2.4.0", "1.0"]),
        ),
        max_size=2,
    ).map(tuple),
    touches=st.fixed_dictionaries({name: st.sampled_from(Touch) for name in NAMES}),
    tested=st.lists(names, max_size=4).map(tuple),
    share=st.sampled_from([0.5, 1.0]),
    ends=st.booleans(),
)  # fmt: skip


def gathered(known: Known, question: Question) -> Gathered:
    team = Team(slug="t", name="T")
    contract = Contract(slug=NAME, provider=Service(slug="orders", team=team), format="openapi")
    old = ContractVersion(contract=contract, version="2.4.0", state="deprecated" if known.ends else "active")
    old.sunset_on = NOW.date() if known.ends else None
    new = ContractVersion(contract=contract, version="3.0.0", state="active")
    consumers = {
        name: Consumer(contract=contract, service=Service(slug=name, team=team)) for name, _ in known.declared
    }
    ground = Ground(contract, (old, new), consumers, {}, Rules(contract=contract))
    seen = speaking.guesses(known.edges, speaking.About(NAME, "orders", event=False), NOW)
    version = new if question is Question.PROMOTE else old
    here = {*consumers, *seen}
    passed = Evidence(passed=True, at=NOW - timedelta(days=1))
    return Gathered(
        now=NOW,
        subjects={0: Subject(Asked(question, NAME, version.version), ground, version, seen)},
        felt={0: Feeling({name: Felt(known.touches[name], older=("2.4.0",)) for name in here})},
        standings={0: {name: Standing(ready, Source.DECLARED) for name, ready in known.declared}},
        results={(NAME, "3.0.0"): {name: [passed] for name in known.tested}},
        heard={NAME: known.heard},
        covered={(NAME, "production"): speaking.Covered(known.share, known.share, NOW - timedelta(days=28))},
        returns=known.returns,
    )


def ranks(known: Known) -> list[int]:
    """How far each answer and each verdict is from the strictest."""
    promote = can_promote(promote_facts(0, gathered(known, Question.PROMOTE)))
    retire = can_retire(retire_facts(0, gathered(known, Question.RETIRE)))
    words: list[Any] = [WORST_FIRST.index(each.word) for each in (promote, retire)]
    return [*words, *(WORST_VERDICT_FIRST.index(verdict(each)[0]) for each in (promote, retire))]


def without(known: Known, name: str) -> Known:
    """The consumer with all that was seen of it."""
    return replace(
        known,
        declared=tuple(each for each in known.declared if each[0] != name),
        edges=tuple(each for each in known.edges if each.caller != name),
        heard=tuple(each for each in known.heard if each.caller != name),
    )


@given(worlds, names)
def test_a_consumer_less(known: Known, name: str) -> None:
    assert all(
        after >= before for before, after in zip(ranks(known), ranks(without(known, name)), strict=True)
    )


@given(worlds, st.data())
def test_an_edge_a_call_or_a_rollout_less(known: Known, data: st.DataObject) -> None:
    fields = [each for each in ("edges", "heard", "returns") if getattr(known, each)]
    assume(fields)
    field = data.draw(st.sampled_from(fields))
    rows = getattr(known, field)
    place = data.draw(st.integers(0, len(rows) - 1))
    less: Any = {field: rows[:place] + rows[place + 1 :]}
    assert all(
        after >= before for before, after in zip(ranks(known), ranks(replace(known, **less)), strict=True)
    )


@given(worlds)
def test_every_answer_is_met(known: Known) -> None:
    """The worlds are not all alike: each says something of every consumer that it names."""
    answer = can_promote(promote_facts(0, gathered(known, Question.PROMOTE)))
    assert {line.about for line in answer.lines} >= {name for name, _ in known.declared}
    assert isinstance(answer.word, Word)
