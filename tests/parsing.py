"""Keeps the garbage collector out of `ast.parse`.

CPython counts the depth of a parse in one place for the whole process. A finalizer that the collector runs in
the middle, and that parses by itself (Playwright's, which write tracebacks), leaves its own depth there:
"SystemError: AST constructor recursion depth mismatch" (gh-106905). pytest parses whatever it rewrites.
"""

import ast
import gc
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any


def undisturbed(parse: Callable[..., Any]) -> Callable[..., Any]:
    """`parse`, during which no finalizer runs: one at a time, with the collector off."""
    one_at_a_time = threading.RLock()

    @wraps(parse)
    def parsed(*args: Any, **kwargs: Any) -> Any:
        with one_at_a_time:
            if not gc.isenabled():
                return parse(*args, **kwargs)
            gc.disable()
            try:
                return parse(*args, **kwargs)
            finally:
                gc.enable()

    return parsed


def protect() -> None:
    """For the whole process, once."""
    if not hasattr(ast.parse, "__wrapped__"):
        ast.parse = undisturbed(ast.parse)
