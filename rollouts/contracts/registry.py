"""What higher packages know of contracts: how often calls speak which version, and whose calls do."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta

from rollouts.contracts.readiness.values import Called
from rollouts.lib.registry import Registry

CallCount = Callable[[int, str, datetime, datetime, timedelta], Mapping[str, Mapping[datetime, int]]]
"""Of a provider's key, a contract's slug, since, until, a step of whole hours: by version and step."""

call_counts: Registry[CallCount] = Registry("count of calls")

VersionCallers = Callable[[Collection[str]], Mapping[tuple[str, str], Mapping[str, Called]]]
"""Of contracts' slugs: by contract and consumer (slugs) the calls seen in production, by version."""

version_callers: Registry[VersionCallers] = Registry("who calls which version")
