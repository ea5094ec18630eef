"""Counts refusals, after the transaction that they ended."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from rollouts.decisions.machine.values import Action, Refused

logger = logging.getLogger(__name__)

ADD = (
    "INSERT INTO decisions_refusedcount (action, code, many) VALUES (%s, %s, 1)"
    " ON CONFLICT (action, code) DO UPDATE SET many = decisions_refusedcount.many + 1"
)


@contextmanager
def refusals_of(action: Action) -> Iterator[None]:
    """Around the door, so that the count stays when what was refused is taken back."""
    try:
        yield
    except Refused as refused:
        _add(action, refused.code)
        raise


def _add(action: Action, code: str) -> None:
    """One more. That it cannot be counted is logged, and takes nothing from the refusal."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(ADD, [action.value, code[:60]])
    except DatabaseError:
        logger.exception("decisions.refusal_not_counted")
