"""The golden vectors of the judges that weigh evidence, and what must hold for any windows."""

import copy
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges import mixture, replay
from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.last_week import LastWeek
from rollouts.gates.judges.limit_e import LimitE
from rollouts.gates.judges.protocol import JudgedWindow, Opinion, State
from rollouts.gates.judges.sequential import Sequential
from rollouts.gates.values import Word
from tests.gates.windows import window

Arm = tuple[float, float]
Row = tuple[Arm, Arm]
EVEN: Row = ((6, 600), (6, 600))
DOUBLE: Row = ((12, 600), (6, 600))
WORSE: Row = ((18, 600), (6, 600))
SILENT: Row = ((0, 0), (6, 600))


def rows(*given_rows: Row, since: int = 1) -> list[JudgedWindow]:
    return [
        window(since + number, *canary, baseline_bad=baseline[0], baseline_total=baseline[1])
        for number, (canary, baseline) in enumerate(given_rows)
    ]


def run(judge: Sequential, given_rows: list[Row], **settings: Any) -> tuple[list[State], Opinion]:
    """The state after every window, and the last opinion; the guard is off unless asked for."""
    state = judge.start({"what": "Errors of orders 3", "guard": False, **settings})
    states = []
    opinion = judge.update(state, [])[1]
    for each in rows(*given_rows):
        state, opinion = judge.update(state, [each])
        states.append(state)
    return states, opinion


def alone(*counts: Arm) -> list[Row]:
    return [(count, (0, 0)) for count in counts]


def failed_at(states: list[State]) -> int | None:
    at = states[-1]["failed_at"]
    return None if at is None else at // 60


COMPARED: list[tuple[list[Row], dict[str, Any], dict[int, float], int | None]] = [
    (
        [DOUBLE] * 30,
        {},
        {1: -0.232128, 2: -0.306896, 5: 0.070092, 10: 1.558324, 20: 5.361074, 30: 9.480747},
        14,
    ),
    ([EVEN] * 10, {}, {1: -0.496226, 5: -1.472545, 10: -2.082498}, None),
    ([((300, 600), (6, 600))] * 4, {}, {1: 0.619075, 2: 1.496588, 3: 2.447852, 4: 3.424372}, 4),
    ([((1e6, 1e7), (5, 1e7))], {}, {1: 0.619075}, None),
    ([((12, 600), (54, 5400))] * 20, {}, {1: -0.246610, 10: 3.413561, 20: 10.540593}, 10),
    (
        [EVEN] * 20 + [WORSE] * 10,
        {},
        {20: -2.792303, 21: -2.639180, 25: -0.722241, 30: 3.361414},
        30,
    ),
    (
        [((12, 600), (0, 600)), ((0, 600), (12, 600))] * 5,
        {},
        {1: 0.602680, 2: -0.847570, 10: -1.721109},
        None,
    ),
    ([((0, 60), (0, 60))], {}, {1: 0.0}, None),
    ([DOUBLE, SILENT, DOUBLE], {}, {1: -0.232128, 2: -0.232128, 3: -0.306896}, None),
    (
        [DOUBLE] * 12,
        {"rho0": 1, "alpha": 0.01},
        {1: -0.003869, 6: 2.728628, 12: 7.723363},
        9,
    ),
]


@pytest.mark.parametrize(("given_rows", "settings", "expected", "halt"), COMPARED)
def test_compare_gives_the_known_evidence(
    given_rows: list[Row], settings: dict[str, Any], expected: dict[int, float], halt: int | None
) -> None:
    states, opinion = run(Compare(), given_rows, **settings)
    for t, log_e in expected.items():
        assert states[t - 1]["log_e"] == pytest.approx(log_e, abs=1e-6)
    assert failed_at(states) == halt
    assert (opinion.word is Word.FAIL) == (halt is not None)


FEW: Arm = (3, 600)
MANY: Arm = (30, 600)
LIMITED: list[tuple[list[Arm], dict[int, float], int | None]] = [
    ([(12, 600)] * 10, {1: 0.063438, 5: 3.433558, 10: 8.379254}, 5),
    ([(6, 600)] * 10, {1: -0.552433, 10: -2.005010}, None),
    ([(60, 600)] * 4, {1: 0.619075, 2: 1.497336, 3: 2.459949, 4: 3.447675}, 4),
    ([(0, 60)] * 5, {1: -0.446890, 5: -1.381355}, None),
    ([FEW] * 20 + [MANY] * 10, {20: -3.031531, 30: 4.363624}, 29),
]


@pytest.mark.parametrize(("counts", "expected", "halt"), LIMITED)
def test_limit_e_gives_the_known_evidence(
    counts: list[Arm], expected: dict[int, float], halt: int | None
) -> None:
    states, opinion = run(LimitE(), alone(*counts), limit=0.01)
    for t, log_e in expected.items():
        assert states[t - 1]["log_e"] == pytest.approx(log_e, abs=1e-6)
    assert failed_at(states) == halt
    assert (opinion.word is Word.FAIL) == (halt is not None)


def test_the_swapped_process_excludes_a_doubling() -> None:
    states, opinion = run(Compare(), [EVEN] * 20)
    sums = [sum(math.exp(log) for log in state["more"]["process"]) for state in states]
    found = [math.log(each / len(mixture.FACTORS)) for each in sums]
    assert found[0] == pytest.approx(-0.122918, abs=1e-6)
    assert found[9] == pytest.approx(4.546860, abs=1e-6)
    assert found[19] == pytest.approx(10.879625, abs=1e-6)
    assured = [number for number, state in enumerate(states, 1) if Compare().assured(state)]
    assert assured[0] == 8
    assert opinion.evidence["assured"] is True
    assert opinion.sentence.endswith(" A doubling is excluded.")


def test_the_grid_of_factors_is_even_in_logarithms() -> None:
    assert len(mixture.FACTORS) == 24
    assert mixture.FACTORS[0] == pytest.approx(1.1)
    assert mixture.FACTORS[1] == pytest.approx(1.235794, abs=1e-6)
    assert mixture.FACTORS[12] == pytest.approx(4.446651, abs=1e-6)
    assert mixture.FACTORS[23] == pytest.approx(16)
    assert mixture.bar(0.05) == pytest.approx(math.log(20))
    assert mixture.cap(0.05) == pytest.approx(math.log(20) / 3)


def test_a_failure_stays_however_the_evidence_falls() -> None:
    states, opinion = run(Compare(), [DOUBLE] * 14 + [((0, 600), (6, 600))] * 30, recover_after=0)
    assert states[-1]["log_e"] < 0
    assert states[-1]["failed_at"] == 14 * 60
    assert opinion.word is Word.FAIL


def test_the_guard_fails_a_catastrophe_at_once() -> None:
    states, opinion = run(Compare(), [((300, 600), (6, 600))], guard=True)
    assert failed_at(states) == 1
    assert opinion.evidence["guarded"] is True
    assert opinion.sentence == (
        "Errors of orders 3 is 50 % (300 of 600 requests), allowed is 1.25 times the 1 % of the old version: "
        "so much in one window that no more evidence is needed."
    )


@pytest.mark.parametrize(
    ("row", "fails"),
    [
        (((10, 100), (0, 100)), True),
        (((9, 90), (0, 100)), False),
        (((10, 101), (0, 100)), False),
        (((10, 100), (1, 100)), True),
        (((10, 100), (2, 100)), False),
        (((30, 100), (5, 100)), True),
    ],
)
def test_the_guard_wants_ten_a_tenth_and_five_times_what_is_normal(row: Row, fails: bool) -> None:
    assert (run(Compare(), [row], guard=True)[1].word is Word.FAIL) == fails


def test_the_guard_of_a_limit_wants_five_times_the_limit() -> None:
    assert run(LimitE(), alone((30, 300)), limit=0.02, guard=True)[1].word is Word.FAIL
    assert run(LimitE(), alone((30, 300)), limit=0.021, guard=True)[1].word is Word.PASS


def test_a_pass_needs_requests_and_windows_and_says_how_long_that_takes() -> None:
    thin: Row = ((0, 10), (0, 10))
    opinion = run(Compare(), [thin], min_requests=50)[1]
    assert opinion.word is Word.PENDING
    assert opinion.sentence.endswith("It can decide in about 4 windows, at 50 requests.")
    opinion = run(Compare(), [EVEN], min_requests=50, min_windows=3)[1]
    assert opinion.word is Word.PENDING
    assert opinion.sentence.endswith("It can decide in about 2 windows.")
    assert run(Compare(), [EVEN] * 3, min_requests=50, min_windows=3)[1].word is Word.PASS


def test_without_assurance_it_waits_and_is_inconclusive_at_the_end_of_the_bake() -> None:
    few: Row = ((1, 60), (1, 60))
    opinion = run(Compare(), [few] * 4, assure=True, assure_after=5)[1]
    assert opinion.word is Word.PENDING
    states, opinion = run(Compare(), [few] * 5, assure=True, assure_after=5)
    assert opinion.word is Word.INCONCLUSIVE
    assert "Not enough traffic to exclude a doubling yet: about " in opinion.sentence
    assert run(Compare(), [EVEN] * 8, assure=True, assure_after=5)[1].word is Word.PASS
    assert run(Compare(), [few] * 5)[1].word is Word.PASS


def test_the_time_until_a_doubling_is_excluded_is_about_right() -> None:
    few: Row = ((1, 60), (1, 60))
    states, opinion = run(Compare(), [few] * 5)
    said = int(opinion.sentence.split("about ")[1].split(" ")[0])
    later, _ = run(Compare(), [few] * 60)
    took = next(number for number, state in enumerate(later, 1) if Compare().assured(state))
    assert abs(5 + said - took) <= 5
    nothing = run(Compare(), [((0, 60), (0, 60))] * 5)[1]
    assert nothing.sentence.endswith("Not enough traffic to exclude a doubling with what was counted so far.")


def test_warm_up_is_discarded_and_said() -> None:
    opinion = run(Compare(), [((300, 600), (6, 600))], warm_up=2, guard=True)[1]
    assert (opinion.word, opinion.sentence) == (
        Word.PENDING,
        "Errors of orders 3 is warming up: 1 window to go.",
    )
    warm, _ = run(Compare(), [DOUBLE, DOUBLE, EVEN], warm_up=2)
    plain, _ = run(Compare(), [EVEN])
    assert warm[-1]["log_e"] == plain[-1]["log_e"]


def test_no_data_names_the_silent_arm() -> None:
    assert run(Compare(), [EVEN, SILENT])[1].sentence.endswith("no data in the newest window.")
    opinion = run(Compare(), [EVEN, ((6, 600), (0, 0)), ((6, 600), (0, 0))])[1]
    assert opinion.word is Word.NO_DATA
    assert opinion.sentence.endswith("cannot be said: nothing to compare with in the last 2 windows.")


def test_a_limit_without_requests_is_no_data_and_exactly_the_limit_is_well() -> None:
    opinion = run(LimitE(), alone((6, 600), (0, 0)), limit=0.01)[1]
    assert opinion.word is Word.NO_DATA
    assert opinion.sentence == "Errors of orders 3 cannot be said: no data in the newest window."
    assert run(LimitE(), alone(*[(12, 600)] * 5 + [(6, 600)] * 5), limit=0.01)[1].word is Word.PENDING
    assert run(LimitE(), alone(*[(12, 600)] * 5 + [(7, 600)] * 5), limit=0.01)[1].word is Word.FAIL


def test_a_failure_ends_by_long_silence_or_by_windows_that_are_well() -> None:
    states, opinion = run(Compare(), [DOUBLE] * 14 + [SILENT] * 4)
    assert opinion.word is Word.FAIL
    states, opinion = run(Compare(), [DOUBLE] * 14 + [SILENT] * 5)
    assert opinion.word is Word.NO_DATA
    states, opinion = run(Compare(), [DOUBLE] * 14 + [EVEN] * 4)
    assert opinion.word is Word.FAIL
    states, opinion = run(Compare(), [DOUBLE] * 14 + [EVEN] * 6)
    assert (opinion.word, states[-1]["measured"]) == (Word.PASS, 1)


def test_silence_forgets_no_evidence_of_what_has_not_failed() -> None:
    broken, _ = run(Compare(), [DOUBLE] * 7 + [SILENT] * 9 + [DOUBLE] * 7)
    assert broken[-1]["failed_at"] == 23 * 60
    whole, _ = run(Compare(), [DOUBLE] * 14)
    assert broken[-1]["log_e"] == whole[-1]["log_e"]


def test_last_week_only_warns() -> None:
    opinion = run(LastWeek(), [DOUBLE] * 30)[1]
    assert (opinion.word, opinion.warning) == (Word.PASS, True)
    assert "only advises" in opinion.sentence
    assert run(LastWeek(), [EVEN] * 5)[1].warning is False


def test_enough_data_for_the_bake_is_counted_as_the_limit_does() -> None:
    judge = Compare()
    given_windows = rows(EVEN, ((1, 5), (1, 5)), ((1, 5), (1, 5)), SILENT, EVEN)
    state, _ = judge.update(judge.start({"min_requests": 10}), given_windows)
    assert state["enough"] == [[60, 240], [300, 360]]


counts = st.integers(0, 400).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))
row = st.one_of(st.none(), st.tuples(counts, counts))
settings = st.fixed_dictionaries(
    {
        "alpha": st.sampled_from([0.05, 0.001]),
        "guard": st.booleans(),
        "assure": st.booleans(),
        "assure_after": st.integers(0, 6),
        "min_requests": st.integers(0, 50),
        "min_windows": st.integers(1, 4),
        "warm_up": st.integers(0, 3),
        "recover_after": st.integers(0, 3),
        "limit": st.sampled_from([0.01, 0.3]),
    }
)
judges = st.sampled_from([Compare(), LimitE(), LastWeek()])


def _windows(given_rows: list[Row | None]) -> list[JudgedWindow]:
    return [
        window(number, gap=True) if each is None else rows(each, since=number)[0]
        for number, each in enumerate(given_rows)
    ]


@given(
    judge=judges, given_rows=st.lists(row, max_size=30), settings=settings, cuts=st.lists(st.integers(0, 30))
)
def test_a_full_replay_equals_every_way_of_taking_windows_in(
    judge: Sequential, given_rows: list[Row | None], settings: dict[str, Any], cuts: list[int]
) -> None:
    every = _windows(given_rows)
    whole, opinion = judge.update(judge.start(settings), every)
    state: State = judge.start(settings)
    kept = replay.begin(state)
    step = judge.update(state, [])[1]
    edges = sorted({0, *cuts, len(every)})
    for begin, end in zip(edges, edges[1:], strict=False):
        before = copy.deepcopy(state)
        overlap = every[max(0, begin - 3) : end]
        kept = json.loads(json.dumps(replay.take(judge, kept, state, overlap), allow_nan=False))
        new, step = judge.update(state, overlap)
        assert state == before
        state = json.loads(json.dumps(new, allow_nan=False))
    assert (state, step) == (whole, opinion)
    assert replay.again(judge, kept) == (whole, opinion)
    assert len(json.dumps(whole)) < 6_000


@given(judge=judges, given_rows=st.lists(row, max_size=15), settings=settings, many=st.integers(1, 9))
def test_silence_never_makes_a_pass(
    judge: Sequential, given_rows: list[Row | None], settings: dict[str, Any], many: int
) -> None:
    every = _windows([*given_rows, *[None] * many])
    opinion = judge.update(judge.start(settings), every)[1]
    if opinion.word is Word.PASS:
        # Only what has failed before outlasts silence, and a judge that advises says so by a warning.
        assert opinion.warning
    if not any(each and each[0][1] for each in given_rows):
        assert opinion.word in (Word.NO_DATA, Word.PENDING)


def test_a_replay_keeps_the_newest_windows_and_the_state_before_them() -> None:
    judge = Compare()
    state = judge.start({})
    kept = replay.begin(state)
    for each in rows(*[EVEN] * 150):
        kept = replay.take(judge, kept, state, [each])
        state, opinion = judge.update(state, [each])
        assert min(state["measured"], replay.KEPT // 2) <= len(kept["windows"]) <= replay.KEPT
    assert kept["before"]["measured"] + len(kept["windows"]) == 150
    assert replay.again(judge, kept) == (state, opinion)
    assert len(json.dumps(kept)) < 6_000
