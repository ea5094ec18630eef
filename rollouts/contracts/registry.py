"""What higher packages know of contracts: how often calls speak which version."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from rollouts.lib.registry import Registry

CallCount = Callable[[int, str, datetime, datetime, timedelta], Mapping[str, Mapping[datetime, int]]]
"""Of a provider's key, a contract's slug, since, until, a step of whole hours: by version and step."""

call_counts: Registry[CallCount] = Registry("count of calls")
