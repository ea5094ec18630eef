"""One product for all journeys: they follow each other on it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.product import Product


@pytest.fixture(scope="package")
def product() -> Iterator[Product]:
    """The product with its organisation, and no rollout yet. It ends with the journeys: its fleet is busy."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-journey-", dir="/tmp") as place:
        Path(place).chmod(0o711)
        running = Product(Path(place))
        try:
            yield running.start(GATEHOUSE_DEMO_ROLLOUTS="no")
        finally:
            running.stop()
