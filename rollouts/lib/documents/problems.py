"""What is wrong with a plan document, said so that its author can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

Path = tuple[str | int, ...]
"""Keys and indexes from the top of the document to a value."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in the source; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what it is, and what to write instead.

    `path` is a JSON pointer (RFC 6901), empty for the document as a whole.
    A warning is worth reading before the plan is proposed, and stops nothing.
    """

    path: str
    line: int
    column: int
    message: str
    remedy: str
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        where = f"line {self.line}, column {self.column}"
        return f"{self.path or '/'} ({where}): {self.message} {self.remedy}".rstrip()

    def as_json(self) -> dict[str, str | int]:
        return {
            "path": self.path,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "remedy": self.remedy,
            "severity": self.severity.value,
        }


def pointer(path: Iterable[str | int]) -> str:
    """The JSON pointer of a path: `("stages", 2, "bake")` is `/stages/2/bake`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


class Problems:
    """Collects the problems of one source and finds their lines."""

    def __init__(self, marks: "Marks") -> None:
        self._marks = marks
        self._found: list[Problem] = []

    def add(self, path: Path, message: str, remedy: str, *, severity: Severity = Severity.ERROR) -> None:
        mark = self._marks.near(path)
        self._found.append(Problem(pointer(path), mark.line, mark.column, message, remedy, severity))

    def add_at(self, mark: Mark, path: Path, message: str, remedy: str) -> None:
        """A problem at a place of its own, such as the second of two equal keys."""
        self._found.append(Problem(pointer(path), mark.line, mark.column, message, remedy))

    def warn(self, path: Path, message: str, remedy: str) -> None:
        self.add(path, message, remedy, severity=Severity.WARNING)

    def extend(self, problems: Iterable[Problem]) -> Self:
        self._found.extend(problems)
        return self

    def at(self, path: Path) -> bool:
        """Whether a problem was already found at this value."""
        here = pointer(path)
        return any(problem.path == here for problem in self._found)

    def __bool__(self) -> bool:
        return bool(self._found)

    def sorted(self) -> tuple[Problem, ...]:
        """By line, then column. What repeats an earlier problem is left out."""
        kept = dict.fromkeys(self._found)
        return tuple(sorted(kept, key=lambda one: (one.line, one.column, one.path)))


class Marks:
    """Where each value of a document stands in its source."""

    def __init__(self) -> None:
        self._marks: dict[Path, Mark] = {}
        self._raw: dict[Path, str] = {}

    def put(self, path: Path, mark: Mark, raw: str | None = None) -> None:
        self._marks[path] = mark
        if raw is not None:
            self._raw[path] = raw

    def near(self, path: Path) -> Mark:
        """The mark of the value, or of the nearest value around it that the source has."""
        for length in range(len(path), -1, -1):
            if (mark := self._marks.get(path[:length])) is not None:
                return mark
        return Mark(1, 1)

    def raw(self, path: Path) -> str | None:
        """A plain scalar as it was written, before it was resolved to a number."""
        return self._raw.get(path)
