"""What programs are told when the database is away: a problem document, and not a page for people."""

import pytest
from django.db import InterfaceError, OperationalError

from rollouts.lib.problems import MEDIA_TYPE, handler


@pytest.mark.parametrize("fault", [OperationalError("gone"), InterfaceError("closed")])
def test_an_absent_database_is_a_problem_to_try_again(fault: Exception) -> None:
    answer = handler(fault, {})
    assert answer is not None
    assert (answer.status_code, answer.content_type) == (503, MEDIA_TYPE)
    assert (answer.data["code"], answer.data["detail"]) == ("database_away", "The database does not answer.")
    assert "Idempotency-Key" in answer.data["remedy"]


def test_what_nobody_expected_stays_a_fault() -> None:
    assert handler(ZeroDivisionError(), {}) is None
