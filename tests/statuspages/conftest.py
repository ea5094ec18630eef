"""What the tests of public pages share."""

import pytest

from rollouts.statuspages import reader, store


@pytest.fixture(autouse=True)
def _patient_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a look takes longer than a reader would wait; what it finds is what is tested."""
    monkeypatch.setattr(store, "PATIENCE_S", 20)
    monkeypatch.setattr(reader, "CONNECT_TIMEOUT_S", 20)
    monkeypatch.setattr(reader, "STATEMENT_TIMEOUT_MS", 20_000)
