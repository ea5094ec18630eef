"""Comparisons of contracts by format: in a process of their own, in a fork of a warm one, and in this one."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.figures import Table, ms, quantile

ROUNDS = 20
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
    old, new = large(), large(edited=True)
    begun = time.perf_counter()
    found = comparing.compare("openapi", old, new)
    seconds = time.perf_counter() - begun
    return Table(
        ("format", "own process p50", "p95", "fork p50", "p95", "engine alone p50", "p95"),
        tuple(rows),
        f"900 operations over 50 recursive schemas with one edit: {seconds:.2f} s (wanted: {LARGE_S:g} s),"
        f" {len(found.differences)} differences.",
    )


def _both(work: Callable[[], Any]) -> tuple[str, str]:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return ms(quantile(times, 0.5)), ms(quantile(times, 0.95))


def large(*, edited: bool = False) -> str:
    """An OpenAPI document of 900 operations over 50 schemas that refer to each other."""
    schemas: dict[str, Any] = {}
    for number in range(50):
        properties: dict[str, Any] = {f"p{each}": {"type": "string"} for each in range(8)}
        for each in range(4):
            properties[f"r{each}"] = {"$ref": f"#/components/schemas/S{(number * 7 + each * 11) % 50}"}
        properties["next"] = {
            "type": "array",
            "items": {"$ref": f"#/components/schemas/S{(number + 1) % 50}"},
        }
        schemas[f"S{number}"] = {"type": "object", "properties": properties, "required": ["p0"]}
    if edited:
        schemas["S7"]["properties"]["p1"] = {"type": "integer"}
    paths = {}
    for number in range(450):
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/S{number % 50}"}}}
        answers = {"200": {"description": "", "content": content}}
        paths[f"/x{number}"] = {
            "get": {"responses": answers},
            "put": {"requestBody": {"required": True, "content": content}, "responses": answers},
        }
    document = {"openapi": "3.0.3", "info": {"title": "Large", "version": "1"}, "paths": paths}
    return json.dumps({**document, "components": {"schemas": schemas}})
