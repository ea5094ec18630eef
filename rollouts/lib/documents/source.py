"""From bytes to JSON values with their places, for YAML and JSON alike."""

from dataclasses import dataclass
from types import MappingProxyType

from rollouts.lib.documents import json_text, scalars, yaml_text
from rollouts.lib.documents.faulty import Limits, Unreadable
from rollouts.lib.documents.problems import Mark, Marks, Problem, Problems

LIMITS = Limits()
NO_PLAIN_WORDS: scalars.PlainWords = MappingProxyType({})
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


def parse(
    source: bytes,
    media_type: str = YAML,
    *,
    limits: Limits = LIMITS,
    plain: scalars.PlainWords = NO_PLAIN_WORDS,
) -> Parsed:
    """Read a document within `limits`; `plain` names the keys below which `off` and the like are words."""
    marks = Marks()
    problems = Problems(marks)
    try:
        text = _decode(source, limits)
        if media_type == JSON:
            value = json_text.read(text, marks, problems, limits=limits)
        else:
            value = yaml_text.read(text, marks, problems, limits=limits, plain=plain)
    except Unreadable as fault:
        problem = Problem("", fault.mark.line, fault.mark.column, fault.message, fault.remedy)
        return Parsed(None, marks, problems.extend([problem]).sorted())
    return Parsed(value, marks, problems.sorted())


def media_type_of(name: str) -> str:
    """The media type of a file by its ending: JSON for `.json`, else YAML."""
    return JSON if name.lower().endswith(".json") else YAML


def _decode(source: bytes, limits: Limits) -> str:
    if len(source) > limits.bytes:
        raise Unreadable(
            Mark(1, 1),
            f"The document has {len(source):,} bytes; at most {limits.bytes:,} are read.",
            "Move long texts to pages that the plan links to.",
        )
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = source[: error.start]
        line = before.count(b"\n") + 1
        column = error.start - (before.rfind(b"\n") + 1) + 1
        raise Unreadable(Mark(line, column), "The document is not UTF-8.", "Save it as UTF-8.") from error
