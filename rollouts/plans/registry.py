"""Verbs of the door that higher packages register, so that this package's pages and commands can call them."""

from collections.abc import Callable
from typing import Any

from rollouts.lib.registry import Registry

verbs: Registry[Callable[..., Any]] = Registry("verb")
