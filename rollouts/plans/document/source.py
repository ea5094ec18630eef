"""From bytes to JSON values with their places, for YAML and JSON alike."""

from dataclasses import dataclass

from rollouts.plans.document import json_text, yaml_text
from rollouts.plans.document.faulty import Unreadable
from rollouts.plans.document.problems import Mark, Marks, Problem, Problems

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_VALUES = 20_000
YAML = "application/yaml"
JSON = "application/json"
MEDIA_TYPES = {
    "application/yaml": YAML,
    "application/x-yaml": YAML,
    "text/yaml": YAML,
    "text/x-yaml": YAML,
    "text/plain": YAML,
    "application/json": JSON,
}

JsonValue = None | bool | int | float | str | list["JsonValue"] | dict[str, "JsonValue"]
JsonObject = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's values, where they stand, and what made them unreadable.

    `value` is None when nothing could be read; a value that two readers read differently is
    kept as the text that was written, beside its problem.
    """

    value: JsonValue
    marks: Marks
    problems: tuple[Problem, ...]


def parse(source: bytes, media_type: str = YAML) -> Parsed:
    """Read a document of at most MAX_BYTES, MAX_DEPTH levels and MAX_VALUES values."""
    marks = Marks()
    problems = Problems(marks)
    try:
        text = _decode(source)
        reader = json_text if media_type == JSON else yaml_text
        value = reader.read(text, marks, problems, max_depth=MAX_DEPTH, max_values=MAX_VALUES)
    except Unreadable as fault:
        problem = Problem("", fault.mark.line, fault.mark.column, fault.message, fault.remedy)
        return Parsed(None, marks, problems.extend([problem]).sorted())
    return Parsed(value, marks, problems.sorted())


def media_type_of(name: str) -> str:
    """The media type of a file by its ending: JSON for `.json`, else YAML."""
    return JSON if name.lower().endswith(".json") else YAML


def _decode(source: bytes) -> str:
    if len(source) > MAX_BYTES:
        raise Unreadable(
            Mark(1, 1),
            f"The document has {len(source):,} bytes; at most {MAX_BYTES:,} are read.",
            "Move long texts to pages that the plan links to.",
        )
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise Unreadable(Mark(line, column), "The document is not UTF-8.", "Save it as UTF-8.") from error
