"""Pairs of documents as JSON lines: what each line asks, and the answer to it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from rollouts.contracts.formats.comparing import FLOWS, unknown
from rollouts.contracts.formats.sandbox import Request, request

MOST_BYTES = 128 * 2**20
"""Of one line. Documents have a bound of their own; this one lets the line still be answered by its id."""
MODELS = ("strict", "open")
ID = re.compile(rb'"id"\s*:\s*("(?:[^"\\\\]|\\\\.){0,200}"|-?[0-9]{1,18})')


class BadLine(ValueError):
    """A line that asks nothing; with the id and the format that could be read of it."""

    def __init__(self, why: str, id_: Any = None, format_: str = "") -> None:
        super().__init__(why)
        self.id, self.format = id_, format_


def asked(line: bytes) -> tuple[Any, Request]:
    """The id and the comparison that a line asks for. Raises BadLine."""
    if len(line) > MOST_BYTES:
        raise BadLine(f"The line has more than {MOST_BYTES:,} bytes.", _id(line))
    try:
        given = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLine("The line is no JSON, or nested too deep.", _id(line)) from error
    if not isinstance(given, dict):
        raise BadLine("The line is no JSON object.")
    id_, format_ = given.get("id"), str(given.get("format"))
    if format_ not in FLOWS:
        raise BadLine(f"format is one of {', '.join(FLOWS)}.", id_)
    model = given.get("model", "strict")
    if model not in MODELS:
        raise BadLine(f"model is one of {', '.join(MODELS)}.", id_, format_)
    old, new = (_document(given, side, format_, id_) for side in ("old", "new"))
    return id_, request(format_, old, new, open_model=model == "open")


def _document(given: Mapping[str, Any], side: str, format_: str, id_: Any) -> str | Mapping[str, Any]:
    """A text; JSON is written out, but for the files of Protobuf."""
    if side not in given or given[side] is None:
        raise BadLine(f"{side} is missing.", id_, format_)
    found = given[side]
    if isinstance(found, str) or (format_ == "protobuf" and isinstance(found, dict)):
        return found
    try:
        return json.dumps(found)
    except (ValueError, RecursionError) as error:
        raise BadLine(f"{side} is nested too deep.", id_, format_) from error


def answer_of(bad: BadLine, number: int) -> dict[str, Any]:
    """The answer to a line that asks nothing."""
    return {"id": bad.id, **unknown(bad.format, str(bad)).as_json(), "line": number}


def _id(line: bytes) -> Any:
    found = ID.search(line[:1000]) or ID.search(line[-1000:])
    return json.loads(found[1]) if found else None
