"""One Prometheus for all tests of a worker that ask it; they are one group, so that one worker starts it."""

from collections.abc import Iterator

import pytest

from tests.health.fleets import history
from tests.health.prometheus import Prometheus, running


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """Debian's Prometheus with the fleet's history; never skipped: `make test` has fetched it."""
    with running(history=history()) as server:
        yield server
