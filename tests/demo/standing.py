"""The demo's fleet as its organisation meets it: every port taken, the control page answering, no load."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from demo.fleet import ports
from demo.fleet.control import Control
from demo.fleet.fleet import Fleet


@contextmanager
def standing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """The loader finds the ports where `make run` would tell them."""
    fleet = Fleet()
    control = Control(fleet)
    control.server.start()
    told = {**fleet.ports, "control": control.server.port}
    monkeypatch.setenv(ports.VARIABLE, json.dumps(told))
    try:
        yield fleet
    finally:
        control.server.close()
        fleet.stop()
