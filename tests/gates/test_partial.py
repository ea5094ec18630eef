"""A pass on data that a source called partial carries the source's warning; other words stay as they are."""

from datetime import timedelta

import pytest

from rollouts.gates.recomputing import recompute
from rollouts.health.models import PartialData, Source
from tests.gates.factories import METRIC, gate, running
from tests.gates.test_judging import World, judged
from tests.health.factories import EPOCH

pytestmark = pytest.mark.django_db


def warn(number: int, signal: str = "errors") -> None:
    """The source warned of the window with this number."""
    row = Source.objects.get()
    start = EPOCH + timedelta(seconds=number * row.window_s)
    PartialData.objects.create(source=row, start_at=start, signal=signal, text="A store is missing.")


def test_a_pass_on_partial_data_says_so_while_the_window_counts() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(0, 10))
    warn(1)
    judged(rollout, 3)
    found = gate(rollout)
    assert (found.verdict, found.warning) == ("pass", True)
    assert "warned of partial data" in found.sentence
    assert "A store is missing." in found.sentence
    again = recompute(found.evidence)
    assert again is not None
    assert (again.word, again.sentence) == ("pass", found.sentence)
    for number in range(3, 8):
        world.close(number, own=(0, 10))
    judged(rollout, 8)
    assert not gate(rollout).warning, "the window has left those that are looked at"


def test_another_signal_and_another_word_are_not_touched() -> None:
    world, rollout = World(), running(METRIC)
    for number in range(3):
        world.close(number, own=(0, 10))
    warn(1, signal="latency")
    judged(rollout, 3)
    assert not gate(rollout).warning
    for number in range(3, 6):
        world.close(number, own=(9, 10))
    warn(4)
    judged(rollout, 6)
    found = gate(rollout)
    assert found.verdict == "fail"
    assert "partial" not in found.sentence
