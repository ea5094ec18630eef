"""Writing PromQL safely: values as RE2, bucket bounds as numbers, placeholders, and what own queries may be.

Django-free.
"""

import re
from collections.abc import Collection, Mapping, Sequence

MOST_VALUES = 200
"""Values in one matcher; above that a matcher costs the source more than picking from the whole answer."""

PLACEHOLDERS = ("service", "environment", "version", "window")
_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_PLACEHOLDER = re.compile(r"\{\s*(service|environment|version|window)\s*\}")
_COMPARISON = re.compile(r"==|!=|<=|>=|<|>")


def escaped(value: str) -> str:
    """`value` as RE2 takes it literally, inside a double-quoted string."""
    return quoted(_SPECIAL.sub(r"\\\g<0>", value))


def quoted(value: str) -> str:
    """`value` inside a double-quoted string of PromQL."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def any_of(values: Collection[str]) -> str:
    """An alternation that fits these values and nothing else."""
    return "|".join(escaped(value) for value in sorted(values))


def is_label(name: str) -> bool:
    return bool(_LABEL.fullmatch(name))


def bounds(wanted: Sequence[float], scale: float = 1.0) -> str:
    """A pattern for `le` that fits bounds however the client writes them, and the one without end.

    "1" and "1.0" are one bound; they differ between clients. `scale`: units of the metric in a second.
    """
    return "|".join([*(_bound(each * scale) for each in sorted(wanted)), escaped("+Inf")])


def _bound(value: float) -> str:
    whole, _, part = f"{value:.9f}".rstrip("0").partition(".")
    return f"{whole}{quoted(chr(92) + '.')}{part}0*" if part else f"{whole}({quoted(chr(92) + '.')}0+)?"


def resolve(text: str, given: Mapping[str, str]) -> str:
    """`text` with its placeholders filled; `given` are ready for a double-quoted string."""
    return _PLACEHOLDER.sub(lambda found: given[found[1]], text)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def filters(text: str) -> bool:
    """Whether `text` compares without `bool` outside of parentheses, braces and brackets.

    Such a query answers with nothing where the comparison is false, which cannot be told from silence.
    """
    depth, place = 0, 0
    bare = _blank(text)
    while place < len(bare):
        mark = bare[place]
        depth += (mark in "([{") - (mark in ")]}")
        found = _COMPARISON.match(bare, place) if depth == 0 else None
        if found and not re.match(r"\s*bool\b", bare[found.end() :]):
            return True
        place = found.end() if found else place + 1
    return False


def unwrapped(text: str) -> str:
    """`text` without parentheses around the whole of it."""
    bare = text.strip()
    while bare.startswith("(") and _closes(bare) == len(bare) - 1:
        bare = bare[1:-1].strip()
    return bare


def _closes(text: str) -> int:
    depth = 0
    for place, mark in enumerate(_blank(text)):
        depth += (mark == "(") - (mark == ")")
        if depth == 0:
            return place
    return -1


def _blank(text: str) -> str:
    """`text` with strings and comments blanked, so that no mark inside them counts."""
    pattern = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*")
    return pattern.sub(lambda found: " " * len(found[0]), text)
