"""A program that is told to stop at any moment stops: also in the middle of beginning to wait."""

import subprocess
import sys
import threading
from pathlib import Path
from unittest import mock

from rollouts.lib.stopping import Stop

CLONE = Path(__file__).parents[2]


def test_it_may_be_set_in_the_middle_of_waiting_for_it() -> None:
    """As a signal comes right when the wait has begun."""
    stop = Stop()
    with mock.patch("rollouts.lib.stopping.select.select", side_effect=lambda *_: stop.set()):
        assert stop.wait(60)
    assert stop.is_set()


def test_it_waits_no_longer_than_it_is_told_to() -> None:
    assert not Stop().wait(0)


def test_an_event_would_wait_for_ever() -> None:
    """Why it is no Event: its lock is held while a wait begins."""
    event = threading.Event()
    lock = event._cond  # type: ignore[attr-defined]
    with lock:
        thread = threading.Thread(target=event.set, daemon=True)
        thread.start()
        thread.join(0.05)
        assert thread.is_alive()
    thread.join()


def test_programs_of_the_demo_stop_however_early_they_are_told() -> None:
    code = (
        "from demo import run; import os, signal; run.prepare();"
        "os.kill(os.getpid(), signal.SIGTERM); run.until_told_to_stop()"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=CLONE, timeout=30, check=False)
    assert ended.returncode == 0
