"""Documents of strangers: bounded, JSON's types only, nothing fetched.

YAML is looked at event by event first: PyYAML's C loader crashes the process at 50,000 nested brackets, and a
few aliases of aliases stand for billions of nodes.
"""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import yaml

from rollouts.contracts.formats.values import Unreadable

MOST_BYTES = 1_000_000
DEEP = 100
MOST_ALIASES = 1_000
MOST_NODES = 200_000
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,300})\Z")
NUMBER = re.compile(r"[-+]?(?:[0-9]{1,300}(?:\.[0-9]{0,300})?|\.[0-9]{1,300})(?:[eE][-+]?[0-9]{1,3})?\Z")
QUOTED = frozenset("'\"|>")
WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


def bounded(text: str, most: int = MOST_BYTES) -> str:
    """The text, if it is not too long. Raises Unreadable."""
    if len(text.encode("utf-8", "surrogatepass")) > most:
        raise Unreadable(
            f"The document is over {most // 1000:,} kB. Split it, or leave out what is no schema."
        )
    return text


def read(text: str) -> Any:
    """A JSON or YAML document of JSON's types. Raises Unreadable."""
    start = bounded(text).lstrip("\ufeff \t\r\n")
    try:
        found = _json(start) if start[:1] in "{[" else _yaml(start)
    except json.JSONDecodeError:
        found = _yaml(start)
    except (RecursionError, MemoryError) as error:
        raise Unreadable(f"The document is nested deeper than {DEEP} levels.") from error
    counted(found)
    return found


def counted(found: Any) -> Any:
    """The value, if it is not too large and holds JSON's types only. Raises Unreadable."""
    waiting, many = [(found, 0)], 0
    while waiting:
        here, depth = waiting.pop()
        many += 1
        if many > MOST_NODES:
            raise Unreadable(f"The document has more than {MOST_NODES:,} values. Split it.")
        if depth > DEEP:
            raise Unreadable(f"The document is nested deeper than {DEEP} levels.")
        if isinstance(here, dict):
            waiting.extend((each, depth + 1) for each in here.values())
        elif isinstance(here, list):
            waiting.extend((each, depth + 1) for each in here)
        elif isinstance(here, float) and not math.isfinite(here):
            raise Unreadable("A number in the document is too large.")
    return found


def _json(text: str) -> Any:
    if _depth(text) > DEEP:
        raise Unreadable(f"The document is nested deeper than {DEEP} levels.")
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_constant)
    except json.JSONDecodeError:
        raise
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("A number in the document has too many digits.") from error


def _depth(text: str) -> int:
    """How deep brackets are nested, strings left out."""
    deepest = depth = 0
    for mark in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text, re.DOTALL):
        if mark[0] in ("[", "{"):
            depth += 1
            deepest = max(deepest, depth)
        elif mark[0] in ("]", "}"):
            depth -= 1
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"“{twice}” stands twice in one object.")
    return found


def _constant(name: str) -> Any:
    raise Unreadable(f"{name} is no JSON.")


def _scalar(node: Any) -> Any:
    """JSON's types only: `on` and dates are texts, and so is what stands in quotes."""
    text = node.value
    if node.style in QUOTED:
        return text
    if text.lower() in WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return WORDS[text.lower()]
    if INTEGER.match(text):
        return int(text)
    return float(text) if NUMBER.match(text) else text


def _yaml(text: str) -> Any:
    try:
        _looked_at(text)
        return _load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise Unreadable(f"The document is neither JSON nor YAML{where}.") from error
    except RecursionError as error:
        raise Unreadable("The document refers to itself.") from error


def _load(text: str) -> Any:
    node = yaml.compose(text, Loader=yaml.CSafeLoader)
    return None if node is None else _built(node, {})


def _built(node: Any, known: dict[int, Any]) -> Any:
    """The value of a node; of one that stands in several places the same value."""
    if id(node) not in known:
        if isinstance(node, yaml.MappingNode):
            known[id(node)] = _once([(_key(key), _built(value, known)) for key, value in node.value])
        elif isinstance(node, yaml.SequenceNode):
            known[id(node)] = [_built(each, known) for each in node.value]
        else:
            known[id(node)] = _scalar(node)
    return known[id(node)]


def _key(node: Any) -> str:
    """Keys are texts however they are written: the response 200, a topic named on."""
    if not isinstance(node, yaml.ScalarNode):
        raise Unreadable(f"A key in line {node.start_mark.line + 1} is no text.")
    if node.value == "<<" and node.style not in QUOTED:
        raise Unreadable("Merge keys (<<) are not read. Write out what they stand for.")
    return str(node.value)


def _looked_at(text: str) -> None:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEP:
                raise Unreadable(f"The document is nested deeper than {DEEP} levels.")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            aliases += 1
            if aliases > MOST_ALIASES:
                raise Unreadable(f"The document has more than {MOST_ALIASES:,} aliases.")
