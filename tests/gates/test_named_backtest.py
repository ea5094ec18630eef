"""Back-tests of gates on signals of one's own names and on synthetic checks: on what was stored of them."""

import pytest

from rollouts.health.models import OwnSignal, Source
from rollouts.health.probes import windows
from tests.gates.factories import METRIC
from tests.gates.test_backtest import measured, rollout, tried
from tests.health.factories import EPOCH, series, window
from tests.health.test_probe_windows import check

pytestmark = pytest.mark.django_db


def test_a_named_share_is_tried_on_its_own_windows_and_no_others() -> None:
    """The known errors of the service are at 1 %; the signal of its own is at 8 %."""
    fleet = measured()
    OwnSignal.objects.create(source=fleet, name="refused", signal="errors", named=True, total="x", bad="y")
    own = series(fleet, version="2.4.0", name="own:refused")
    for number in range(300):
        window(own, number, 80, 1000)
    gate = METRIC | {"settings": {"signal": "refused", "limit": "5 %", "breaches": {"count": 2, "of": 3}}}
    wide = gate | {"name": "wide", "settings": gate["settings"] | {"limit": "12 %"}}
    beside = METRIC | {"name": "beside", "min_requests": 20, "settings": {"signal": "refused"}}
    tight, roomy, compared = tried(rollout(gate, wide, beside)).reports
    assert (tight["sound"], tight["healthy"]["limit"]["share"]) == (False, 1)
    assert (roomy["sound"], roomy["healthy"]["limit"]["share"]) == (True, 0)
    assert (compared["judge"], compared["healthy"]["1.25"]["halted"]) == ("compare", 0)
    assert tight["windows"] == 300


def test_a_named_value_is_tried_in_its_unit() -> None:
    fleet = measured()
    OwnSignal.objects.create(
        source=fleet, name="depth", signal="saturation", named=True, value="x", unit="jobs"
    )
    own = series(fleet, version="2.4.0", signal="saturation", name="own:depth")
    for number in range(120):
        window(own, number, value=40.0)
    settings = {"signal": "depth", "limit": 50, "breaches": {"count": 2, "of": 3}}
    (above,) = tried(rollout(METRIC | {"settings": settings})).reports
    assert above["healthy"]["limit"]["halted"] == 0
    (below,) = tried(rollout(METRIC | {"settings": settings | {"worse": "below"}})).reports
    assert below["healthy"]["limit"]["share"] == 1


def test_a_check_is_tried_on_its_runs_in_windows_that_hold_one_each() -> None:
    probe = check(version="2.4.0", interval_s=60, timeout_s=20)
    Source.objects.update(window_s=60)
    windows.ensure(probe, EPOCH)
    of = Source.every.get(kind="checks")
    runs = series(of, version="2.4.0", name="check:orders-reads")
    for number in range(300):
        window(runs, number, int(number % 30 == 0), 1)
    Source.every.filter(pk=of.pk).update(collected_through_at=EPOCH + 300 * of.window)
    gate = METRIC | {
        "min_requests": 1,
        "settings": {"signal": "errors", "probe": "orders-reads", "limit": "60 %"},
    }
    (report,) = tried(rollout(gate)).reports
    assert (report["window_s"], report["windows"]) == (120, 150)
    assert report["healthy"]["limit"]["halted"] == 0


def test_a_signal_that_was_never_measured_would_read_no_data() -> None:
    measured()
    (report,) = tried(rollout(METRIC | {"settings": {"signal": "refused", "limit": "5 %"}})).reports
    assert report["why_not"] == "Nothing was measured of it: today it would read no data."
