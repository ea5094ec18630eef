"""What a plain YAML scalar means, and which ones mean two things.

YAML 1.1 and 1.2 disagree about `yes`, `on`, `017`, `1_000` and `10:30`, and a date becomes a
date in one reader and a text in another. A governed document must read the same for everybody,
so such scalars are refused with the spelling that has one meaning.
"""

import math
import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from types import MappingProxyType

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
SWITCHES = frozenset({"yes", "no", "on", "off"})
PlainWords = Mapping[str, Set[str]]
"""Switch words that are plain words below some keys, because nothing else is possible there."""
DATE = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}.*)?\Z")
SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
ODD_NUMBER = re.compile(
    r"""(?: [-+]?0[0-7_]+           # octal in YAML 1.1
          | [-+]?0o[0-7]+           # octal in YAML 1.2
          | [-+]?0x[0-9a-fA-F_]+
          | [-+]?0b[01_]+
          | [-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?
          | \+[0-9][0-9]*(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?
          | [-+]?[0-9]+\.(?:[eE][-+]?[0-9]+)?
          | [-+]?\.[0-9]+(?:[eE][-+]?[0-9]+)?
          | -?0[0-9]+(?:\.[0-9]*)?
          | [-+]?\.(?:inf|Inf|INF)
          | \.(?:nan|NaN|NAN) )\Z""",
    re.VERBOSE,
)
LARGEST_INTEGER = 2**53 - 1
"""RFC 8785 numbers are IEEE doubles: larger integers would lose digits in the digest."""

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Ambiguous(Exception):
    """A scalar that two readers read differently."""

    message: str
    remedy: str


def resolve(text: str, key: str | int | None, plain: PlainWords = MappingProxyType({})) -> Scalar:
    """The one meaning of a plain scalar below `key`. Raises Ambiguous when it has more than one."""
    if text in WORDS:
        return WORDS[text]
    if text.lower() in SWITCHES:
        if text in plain.get(str(key), ()):
            return text
        raise Ambiguous(
            f"{text} is a word to some YAML readers and true or false to others.",
            f'Write true or false, or "{text}" in quotes if you mean the word.',
        )
    if INTEGER.match(text) or DECIMAL.match(text):
        return number(text)
    if DATE.match(text):
        raise Ambiguous(
            f"{text} is a date to some YAML readers and a text to others.", f'Write "{text}" in quotes.'
        )
    if SEXAGESIMAL.match(text):
        raise Ambiguous(
            f"{text} is a number in base 60 to some YAML readers and a text to others.",
            f'Write "{text}" in quotes.',
        )
    if ODD_NUMBER.match(text):
        raise Ambiguous(
            f"{text} is a number that YAML readers do not agree about.",
            f'Write a plain decimal number, or "{text}" in quotes if you mean a text.',
        )
    return text


def number(text: str) -> int | float:
    """A JSON number. Raises Ambiguous when a double cannot hold it."""
    if INTEGER.match(text):
        # Compared by length first: Python refuses to convert thousands of digits.
        if len(text) > 17 or abs(int(text)) > LARGEST_INTEGER:
            raise Ambiguous(f"{text[:24]} is too large to be kept exactly.", "Write it as a text, in quotes.")
        return int(text)
    value = float(text)
    if not math.isfinite(value):
        raise Ambiguous(f"{text[:24]} is too large for a number.", "Write a smaller number.")
    return value
