"""What no judge may depend on: the order of samples in a window, and the unit of a number."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rollouts.gates.judges.compare import Compare
from rollouts.gates.judges.limit import Limit
from rollouts.gates.kinds import arms
from rollouts.health.readings import Cell, Grid
from rollouts.health.signals import Measured
from rollouts.health.values import SIDES, Signal
from tests.gates.windows import window

counted = st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
cells = st.builds(
    lambda version, side, caller, count: Cell(version, Signal.ERRORS, side, caller, Measured(*count)),
    st.sampled_from(["2", "3"]),
    st.sampled_from(SIDES),
    st.sampled_from(["a", "b"]),
    counted,
)
LOOK = arms.Look(Signal.ERRORS, None, arms.Versions(("3",)), arms.Versions(("2",)))


@given(stored=st.lists(st.lists(cells, max_size=8), max_size=8), seed=st.integers(0, 99))
def test_the_order_of_samples_within_a_window_changes_nothing(stored: list[list[Cell]], seed: int) -> None:
    def judged(windows: list[list[Cell]]) -> object:
        grid = Grid(
            60, 0, 60 * len(windows), {60 * number: tuple(inside) for number, inside in enumerate(windows)}
        )
        taken = [arms.window(grid, start, LOOK) for start in grid.starts()]
        return Compare().update(Compare().start({}), taken)

    shuffled = [Random(seed).sample(inside, len(inside)) for inside in stored]
    assert judged(stored) == judged(shuffled)


@given(
    values=st.lists(st.integers(0, 100), max_size=12),
    limit=st.integers(0, 100),
    unit=st.sampled_from([2, 1000, 1024]),
)
def test_the_unit_of_a_number_changes_no_word(values: list[int], limit: int, unit: int) -> None:
    def word(scale: int) -> str:
        judge = Limit()
        windows = [window(number, value=value * scale) for number, value in enumerate(values)]
        state = judge.start({"signal": "saturation", "limit": limit * scale})
        return judge.update(state, windows)[1].word

    assert word(1) == word(unit)
