"""JSON (RFC 8259) to values, with marks: as strict about doubles and duplicates as the YAML side.

The standard library's decoder gives no places, and YAML readers do not read all of JSON
(tabs, surrogate pairs), so this walks the text itself; strings are left to the library.
"""

import re
from bisect import bisect_right
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Any

from rollouts.lib.documents import scalars
from rollouts.lib.documents.faulty import Limits, Unreadable
from rollouts.lib.documents.problems import Mark, Marks, Path, Problems

SPACE = re.compile(r"[ \t\n\r]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
WORDS = {"true": True, "false": False, "null": None}


def read(text: str, marks: Marks, problems: Problems, *, limits: Limits) -> Any:
    """The document's value. Raises Unreadable; what is only doubtful goes to `problems`."""
    return _Reader(text, marks, problems, limits).document()


class _Reader:
    def __init__(self, text: str, marks: Marks, problems: Problems, limits: Limits) -> None:
        self._text = text
        self._at = 0
        self._marks = marks
        self._problems = problems
        self._limits = limits
        self._left = limits.values
        self._lines = [0, *(match.end() for match in re.finditer("\n", text))]

    def document(self) -> Any:
        if not self._peek():
            raise self._fault("The document is empty.", 'Start it with {"apiVersion": "gatehouse/v1", …}.')
        value = self._value((), depth=0)
        if self._peek():
            raise self._fault("Something follows the end of the document.", "Remove it.")
        return value

    def _value(self, path: Path, *, depth: int) -> Any:
        first = self._peek()
        self._left -= 1
        if self._left < 0:
            raise self._fault(f"More than {self._limits.values:,} values.", "Split the document.")
        if first in "{[" and depth >= self._limits.depth:
            raise self._fault(f"Nested deeper than {self._limits.depth} levels.", "Flatten it.")
        self._marks.put(path, self._mark())
        match first:
            case "{":
                return self._object(path, depth + 1)
            case "[":
                return self._list(path, depth + 1)
            case '"':
                return self._string()
        return self._word_or_number(path)

    def _object(self, path: Path, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        self._at += 1
        if self._took("}"):
            return made
        while True:
            if self._peek() != '"':
                raise self._fault("A key in double quotes is missing.", "Remove a comma too many, or add it.")
            mark = self._mark()
            key = self._string()
            self._want(":")
            value = self._value((*path, key), depth=depth)
            if key in made:
                message, remedy = f"{key} stands twice.", "Keep one of them."
                self._problems.add_at(mark, (*path, key), message, remedy)
            else:
                made[key] = value
            if self._took("}"):
                return made
            self._want(",")

    def _list(self, path: Path, depth: int) -> list[Any]:
        made: list[Any] = []
        self._at += 1
        if self._took("]"):
            return made
        while True:
            made.append(self._value((*path, len(made)), depth=depth))
            if self._took("]"):
                return made
            self._want(",")

    def _string(self) -> str:
        try:
            text, self._at = scanstring(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            self._at = error.pos
            raise self._fault(f"This is not JSON: {error.msg.rstrip(' at')}.", "Mend the text.") from error
        if any("\ud800" <= char <= "\udfff" for char in text):
            raise self._fault("Half a surrogate pair is no character.", "Write the character itself.")
        return str(text)

    def _word_or_number(self, path: Path) -> Any:
        for word, value in WORDS.items():
            if self._text.startswith(word, self._at):
                self._at += len(word)
                return value
        if (match := NUMBER.match(self._text, self._at)) is None:
            raise self._fault("A value is missing.", "Write a text in double quotes, a number, [ or {.")
        self._at = match.end()
        self._marks.put(path, self._marks.near(path), raw=match.group())
        try:
            return scalars.number(match.group())
        except scalars.Ambiguous as fault:
            self._problems.add(path, fault.message, fault.remedy)
            return match.group()

    def _peek(self) -> str:
        if (match := SPACE.match(self._text, self._at)) is not None:
            self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _took(self, char: str) -> bool:
        if self._peek() != char:
            return False
        self._at += 1
        return True

    def _want(self, char: str) -> None:
        if not self._took(char):
            raise self._fault(f"Expected {char}", f"Write {char} here, or close what is open above.")

    def _mark(self) -> Mark:
        line = bisect_right(self._lines, self._at) - 1
        return Mark(line + 1, self._at - self._lines[line] + 1)

    def _fault(self, message: str, remedy: str) -> Unreadable:
        return Unreadable(self._mark(), message, remedy)
