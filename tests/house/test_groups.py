"""Tests that share a product, or would disturb each other, run one after the other on one worker."""

import os

import pytest


@pytest.mark.xdist_group("kept-together")
def test_groups_are_in_force(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler by a suffix of the name, and says nothing where that has no effect."""
    if os.environ.get("PYTEST_XDIST_WORKER"):
        assert request.node.nodeid.endswith("@kept-together")
