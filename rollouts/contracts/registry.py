"""What higher packages know of contracts: which version calls speak, and whose, and what may move."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from rollouts.contracts.questions.values import Answer, Asked
from rollouts.contracts.readiness.values import Called
from rollouts.lib.registry import Registry

CallCount = Callable[[int, str, datetime, datetime, timedelta], Mapping[str, Mapping[datetime, int]]]
"""Of a provider's key, a contract's slug, since, until, a step of whole hours: by version and step."""

call_counts: Registry[CallCount] = Registry("count of calls")

VersionCallers = Callable[[Collection[str]], Mapping[tuple[str, str], Mapping[str, Called]]]
"""Of contracts' slugs: by contract and consumer (slugs) the calls seen in production, by version."""

version_callers: Registry[VersionCallers] = Registry("who calls which version")

Answers = Callable[[Asked], Answer]
"""Answers one of the two questions from all that is known. Raises Unanswerable."""

answers: Registry[Answers] = Registry("answer to the two questions")
