"""Regular expressions of strangers, by an engine that takes linear time."""

from functools import lru_cache
from typing import Any

import re2

OPTIONS = re2.Options()
OPTIONS.log_errors = False
OPTIONS.max_mem = 1 << 20


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    try:
        return re2.compile(pattern, OPTIONS)
    except re2.error:
        return None


def matches(pattern: str, text: str) -> bool | None:
    """Whether the pattern is found in the text; None when the engine does not know the pattern."""
    found = _compiled(pattern)
    return None if found is None else found.search(text) is not None
