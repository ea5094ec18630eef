"""What of a check can be said before it runs: variables that exist, expressions that are expressions.

Django-free. Expressions are RE2's: they take time linear in the text, whatever they are.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import re2

from rollouts.health.probes.values import VARIABLE, Step

PATH = re.compile(r"([A-Za-z_][\w-]*)|\[(\d{1,6})\]")


class Absent(Exception):
    """What was to be extracted is not there; `str()` says so."""


@functools.lru_cache(maxsize=500)
def expression(pattern: str) -> Any:
    """The compiled expression. Raises ValueError."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0] if error.args else error
        words = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(f"{pattern!r} is no expression of RE2: {words}.") from None


def faults(steps: Sequence[Step], *, secrets: Collection[str] = ()) -> Iterator[tuple[int, str, str]]:
    """Number of the step, field, and a sentence."""
    known = {"version", *secrets}
    for number, step in enumerate(steps):
        host = urlsplit(step.url).netloc
        if not host or "{{" in host:
            yield number, "url", "The host stands there as it is, without a variable."
        if any(name in secrets for name in names_in(step.url)):
            yield number, "url", "A secret belongs into a header or the body: addresses are shown."
        for where in ("url", "headers", "body"):
            value = getattr(step, where)
            texts = value.values() if isinstance(value, Mapping) else [value]
            for name in sorted({name for text in texts for name in names_in(text)} - known):
                yield number, where, f"Nothing before this step gives {{{{{name}}}}}."
        yield from ((number, "expect", said) for said in _patterns(step))
        for name, source in step.extract.items():
            if name in secrets or name == "version":
                yield number, "extract", f"{name} has another meaning already."
            if "json" in source and not _is_path(source["json"]):
                yield number, "extract", "A path is names and numbers: items[0].id."
        known |= set(step.extract)


def _patterns(step: Step) -> Iterator[str]:
    patterns = [step.expect[name] for name in ("body_matches", "body_lacks") if name in step.expect]
    patterns += step.expect.get("headers", {}).values()
    patterns += [source["regex"] for source in step.extract.values() if "regex" in source]
    for pattern in patterns:
        try:
            expression(pattern)
        except ValueError as error:
            yield str(error)


def names_in(text: str) -> set[str]:
    return set(VARIABLE.findall(text))


def _is_path(path: str) -> bool:
    return bool(path) and PATH.sub("", path).replace(".", "") == ""


def extracted(source: Mapping[str, str], headers: Mapping[str, str], body: bytes) -> str:
    """What stands at `json` (a path), in `header`, or in the first group of `regex`. Raises Absent."""
    if "header" in source:
        found = headers.get(source["header"].lower())
        if found is None:
            raise Absent(f"The answer has no header {source['header']}.")
        return found
    text = body.decode("utf-8", errors="replace")
    if "json" in source:
        return _at(text, source["json"])
    match = expression(source["regex"]).search(text)
    if match is None:
        raise Absent("The body does not hold what was to be extracted.")
    return str(match.group(1) if match.re.groups else match.group(0))


def _at(text: str, path: str) -> str:
    try:
        here: Any = json.loads(text)
        for name, number in PATH.findall(path):
            here = here[name] if name else here[int(number)]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as error:
        raise Absent(f"The body has no JSON value at {path}.") from error
    if here is None or isinstance(here, dict | list):
        raise Absent(f"At {path} of the body stands no single value.")
    return here if isinstance(here, str) else json.dumps(here)
