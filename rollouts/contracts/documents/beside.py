"""Two texts side by side, and one text readable: lines with what they are. Pure."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from rollouts.contracts.formats.reading import read
from rollouts.contracts.formats.values import Unreadable

MOST_LINES = 3_000
"""Lines of one text that are shown or compared; comparing lines may take the square of them."""
AROUND = 3
KEY = re.compile(r'(\s*(?:-\s+)?)("[^"\\]{1,200}"|[A-Za-z_$/@][\w$./{}@-]{0,200})(\s*:.*)\Z', re.DOTALL)
COMMENT = re.compile(r"\s*(?:#|//)")


@dataclass(frozen=True)
class Line:
    """A line to be read: what stands before its key, the key, the rest."""

    number: int
    before: str
    key: str
    rest: str
    comment: bool = False


@dataclass(frozen=True)
class Pair:
    """One line of each text; a number of 0 where one has none. `gap`: lines were left out before it."""

    old_number: int
    old: str
    new_number: int
    new: str
    changed: bool
    gap: bool = False


def readable(text: str) -> str:
    """The text with line breaks: JSON on one line is written anew, everything else stays as it is."""
    if text.count("\n") > 2 or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.dumps(read(text), indent=2, ensure_ascii=False)
    except (Unreadable, RecursionError):
        return text


def lines(text: str) -> list[Line]:
    """The first MOST_LINES lines."""
    found = []
    for number, line in enumerate(readable(text).splitlines()[:MOST_LINES], 1):
        match = KEY.match(line[:2_000])
        if COMMENT.match(line):
            found.append(Line(number, "", "", line[:2_000], comment=True))
        elif match:
            found.append(Line(number, match[1], match[2], match[3]))
        else:
            found.append(Line(number, "", "", line[:2_000]))
    return found


def pairs(old: str, new: str) -> list[Pair] | None:
    """What differs with AROUND lines about it; None when a text is too long to be compared line by line."""
    before, after = readable(old).splitlines(), readable(new).splitlines()
    if max(len(before), len(after)) > MOST_LINES:
        return None
    groups = SequenceMatcher(None, before, after).get_grouped_opcodes(AROUND)
    return [pair for group in groups for pair in _group(group, before, after)]


def _group(
    group: list[tuple[str, int, int, int, int]], before: list[str], after: list[str]
) -> Iterator[Pair]:
    first = True
    for tag, a, b, c, d in group:
        for step in range(max(b - a, d - c)):
            one, other = (a + step if a + step < b else -1), (c + step if c + step < d else -1)
            yield Pair(
                one + 1,
                before[one][:2_000] if one >= 0 else "",
                other + 1,
                after[other][:2_000] if other >= 0 else "",
                tag != "equal",
                gap=first and (a > 0 or c > 0),
            )
            first = False
