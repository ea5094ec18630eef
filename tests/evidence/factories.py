"""Results of tests as they stand in the database."""

import hashlib
from datetime import timedelta
from typing import Any

from rollouts.evidence.models import Result
from rollouts.lib.clock import database_now


def result(**changed: Any) -> Result:
    """A contract test that passed yesterday; `ago` in days."""
    now = database_now()
    at = now - timedelta(days=changed.pop("ago", 1))
    made: dict[str, Any] = {
        "kind": "contract_test", "outcome": "passed", "at": at, "received_at": at,
        "expires_at": at + timedelta(days=14), "form": "json", "tests": 12, "by_name": "Tomas",
    } | changed  # fmt: skip
    made.setdefault("key", hashlib.sha256(f"{made}{Result.objects.count()}".encode()).hexdigest())
    return Result.objects.create(digest=made["key"], **made)
