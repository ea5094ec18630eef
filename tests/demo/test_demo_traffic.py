"""What the demo's recordings hold: a story must not end by a window's bad luck."""

import pytest

from demo.loader.traffic import Traffic, Version
from rollouts.health.signals import Subject
from rollouts.health.values import Perspective, Signal

WINDOW_S = 5
SLOW_S = 0.5


@pytest.mark.parametrize("seed", range(12))
def test_recorded_windows_stay_inside_the_limits_of_the_plan(seed: int) -> None:
    new = Version("3.2.0", 0.1, errors=0.004, median_s=0.21)
    traffic = Traffic("shipping", 24, {"old": Version("3.1.0", 0.9), "new": new}, seed=seed)
    errors = Subject("shipping", "3.2.0", Signal.ERRORS, Perspective.SERVER)
    latency = Subject("shipping", "3.2.0", Signal.LATENCY, Perspective.SERVER)
    failed, slow = [], []
    for _ in range(300):
        window = traffic.window(WINDOW_S)
        failed.append(window[errors].bad / window[errors].total > 0.03)
        times = window[latency]
        slow.append(1 - times.buckets[SLOW_S] / times.total > 0.10)
    assert max(sum(failed[at : at + 3]) for at in range(298)) < 2
    assert max(sum(slow[at : at + 5]) for at in range(296)) < 3


def test_no_request_and_no_error_is_lost() -> None:
    new = Version("3.2.0", 0.1, errors=0.02)
    traffic = Traffic("shipping", 24, {"new": new})
    errors = Subject("shipping", "3.2.0", Signal.ERRORS, Perspective.SERVER)
    windows = [traffic.window(WINDOW_S)[errors] for _ in range(500)]
    total, bad = sum(each.total for each in windows), sum(each.bad for each in windows)
    assert total == pytest.approx(24 * WINDOW_S * 0.1 * 500, rel=0.02)
    assert bad == pytest.approx(total * 0.02, abs=1)
