"""Runs of windows, kept as pairs of start and end in seconds since 1970. Django-free."""

from collections.abc import Iterable, Sequence

Spans = list[list[int]]

MOST = 500
"""Spans that are kept; older ones are dropped, which only ever makes a bake longer."""


def add(spans: Sequence[Sequence[int]], start: int, end: int) -> Spans:
    """The spans with one more at their end, joined to the last where they touch."""
    found = [list(span) for span in spans]
    if found and found[-1][1] >= start:
        found[-1][1] = max(found[-1][1], end)
    else:
        found.append([start, end])
    return found[-MOST:]


def both(one: Sequence[Sequence[int]], other: Sequence[Sequence[int]]) -> Spans:
    """Where both hold."""
    found: Spans = []
    left = right = 0
    while left < len(one) and right < len(other):
        start, end = max(one[left][0], other[right][0]), min(one[left][1], other[right][1])
        if start < end:
            found.append([start, end])
        if one[left][1] < other[right][1]:
            left += 1
        else:
            right += 1
    return found


def everywhere(many: Iterable[Sequence[Sequence[int]]]) -> Spans:
    """Where all hold; of none, nowhere."""
    given = list(many)
    if not given:
        return []
    found = [list(span) for span in given[0]]
    for spans in given[1:]:
        found = both(found, spans)
    return found


def length(spans: Iterable[Sequence[int]]) -> int:
    """Seconds covered."""
    return sum(end - start for start, end in spans)
