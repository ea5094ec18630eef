"""Who wants to know, at once, that windows were stored."""

from collections.abc import Callable, Collection
from datetime import datetime

from rollouts.lib.registry import Registry

Listener = Callable[[Collection[int], int, datetime], None]
"""Called after the commit with the services' ids, the environment's id, and the end of the window."""

listeners: Registry[Listener] = Registry("listener")
