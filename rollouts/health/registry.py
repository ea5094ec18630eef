"""Who wants to know, at once, that windows were stored, and the kinds of source there are."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from rollouts.lib.registry import Registry

if TYPE_CHECKING:
    from rollouts.health.sources.protocol import MetricSource

Listener = Callable[[Collection[int], int, datetime], None]
"""Called after the commit with the services' ids, the environment's id, and the end of the window."""

listeners: Registry[Listener] = Registry("listener")

metric_sources: "Registry[MetricSource]" = Registry("kind of metric source")
"""By their kind, as a source's row names it."""
