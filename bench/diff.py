"""Comparisons of contracts by format: in a process of their own, in a fork of a warm one, and in this one."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.figures import Table, ms, quantile
from rollouts.contracts.formats.values import Comparison

ROUNDS = 20
LARGE_ROUNDS = 10
SCHEMAS = 50
LARGE_S = 2.0


def measure() -> Table:
    from rollouts.contracts.formats import comparing, sandbox
    from tests.contracts.formats.test_hostile import SOUND

    rows = []
    for format_, text in SOUND.items():
        asked = sandbox.request(format_, text, text)
        rows.append(
            (
                format_,
                *_both(partial(sandbox.compare, format_, text, text)),
                *_both(partial(sandbox.compare_forked, asked)),
                *_both(partial(comparing.compare, format_, text, text)),
            )
        )
    one, all_of_them = (_large(comparing.compare, edits) for edits in (1, SCHEMAS))
    return Table(
        ("format", "own process p50", "p95", "fork p50", "p95", "engine alone p50", "p95"),
        tuple(rows),
        f"{ROUNDS} times each. 900 operations over {SCHEMAS} schemas that refer to each other, alone,"
        f" {LARGE_ROUNDS} times: with one edit {one}; with one in each schema {all_of_them}"
        f" (wanted: {LARGE_S:g} s).",
    )


def _large(compare: Callable[[str, str, str], Comparison], edits: int) -> str:
    old, new, times = large(), large(edits), []
    for _ in range(LARGE_ROUNDS):
        begun = time.perf_counter()
        found = compare("openapi", old, new)
        times.append(time.perf_counter() - begun)
    return f"{quantile(times, 0.5):.2f} s, at most {max(times):.2f} s, {len(found.differences)} differences"


def _both(work: Callable[[], Any]) -> tuple[str, str]:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return ms(quantile(times, 0.5)), ms(quantile(times, 0.95))


def large(edits: int = 0) -> str:
    """A document of 900 operations over schemas that refer to each other, of which some are edited."""
    schemas: dict[str, Any] = {}
    for number in range(SCHEMAS):
        properties: dict[str, Any] = {f"p{each}": {"type": "string"} for each in range(8)}
        for each in range(4):
            properties[f"r{each}"] = {"$ref": f"#/components/schemas/S{(number * 7 + each * 11) % SCHEMAS}"}
        properties["next"] = {
            "type": "array",
            "items": {"$ref": f"#/components/schemas/S{(number + 1) % SCHEMAS}"},
        }
        schemas[f"S{number}"] = {"type": "object", "properties": properties, "required": ["p0"]}
    for number in range(edits):
        schemas[f"S{(number + 7) % SCHEMAS}"]["properties"]["p1"] = {"type": "integer"}
    paths = {}
    for number in range(450):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/S{number % SCHEMAS}"}}}
        answers = {"200": {"description": "", "content": content}}
        paths[f"/x{number}"] = {
            "get": {"responses": answers},
            "put": {"requestBody": {"required": True, "content": content}, "responses": answers},
        }
    document = {"openapi": "3.0.3", "info": {"title": "Large", "version": "1"}, "paths": paths}
    return json.dumps({**document, "components": {"schemas": schemas}})
