"""Lines of JSON from a file or from standard input, each bounded."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO


def opened(name: str) -> IO[bytes]:
    """The file, or standard input for "-". Raises OSError."""
    return sys.stdin.buffer if name == "-" else Path(name).open("rb")


def lines(stream: IO[bytes], most: int) -> Iterator[bytes]:
    """Line by line, however long one is: what is over the bound is thrown away, not kept."""
    while line := stream.readline(most + 2):
        if not line.endswith(b"\n") and len(line) > most:
            while (rest := stream.readline(most)) and not rest.endswith(b"\n"):
                pass
        yield line


def counted(found: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers; empty ones at the end are none."""
    empty: list[int] = []
    for number, line in enumerate(found, 1):
        if not line.strip():
            empty.append(number)
            continue
        yield from ((each, b"") for each in empty)
        empty = []
        yield number, line
