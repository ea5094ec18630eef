"""Comparisons where documents of strangers can do no harm: in a process with bounds, that may be killed.

A new process serves whoever has threads (the web, workers). A process without any may fork instead, which
takes a hundredth of the time (`manage.py contract diff`). Killed, crashed or over a bound is unknown, never
compatible.
"""

import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from rollouts.contracts.formats.comparing import Text, load, unknown
from rollouts.contracts.formats.comparing import compare as compare_in_process
from rollouts.contracts.formats.values import Comparison, comparison_of

WALL_S = 10
CPU_S = 8
MEMORY = 768 * 2**20
MEMORY_OF_BUF = 2 * 2**30
"""The Go runtime of buf reserves 1 GB before it begins."""
FILE = 16 * 2**20
OPEN_FILES = 64
MOST_ANSWER = 16 * 2**20
ROOT = Path(__file__).parents[3]

Request = Mapping[str, Any]


def request(
    format_: str,
    old: Text,
    new: Text,
    *,
    open_model: bool = False,
    category: str = "WIRE_JSON",
    today: date | None = None,
) -> Request:
    """What a process is asked, as JSON."""
    day = today.isoformat() if today else None
    return {
        "format": format_,
        "old": old,
        "new": new,
        "open_model": open_model,
        "category": category,
        "today": day,
    }


def compare(
    format_: str,
    old: Text,
    new: Text,
    *,
    open_model: bool = False,
    category: str = "WIRE_JSON",
    today: date | None = None,
) -> Comparison:
    """As `comparing.compare`, in a process of its own."""
    asked = request(format_, old, new, open_model=open_model, category=category, today=today)
    with tempfile.TemporaryDirectory(prefix="gatehouse-compare-") as place:
        known = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(ROOT),
            "HOME": place,
            "TMPDIR": place,
            "LANG": "C.UTF-8",
        }
        child = subprocess.Popen(
            [sys.executable, "-m", "rollouts.contracts.formats.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=place,
            env=known,
            start_new_session=True,
        )
        try:
            answer, _ = child.communicate(json.dumps(asked).encode(), timeout=WALL_S)
        except subprocess.TimeoutExpired:
            return unknown(format_, f"The comparison took longer than {WALL_S} s.")
        finally:
            _end(child.pid)
            child.wait()
    return _read(format_, answer, child.returncode)


def compare_forked(asked: Request) -> Comparison:
    """The same in a fork of this process, which must have one thread only; its engine is loaded once."""
    load(str(asked["format"]))
    here, there = os.pipe()
    pid = os.fork()
    if not pid:
        _child(asked, here, there)
    os.close(there)
    try:
        answer = _answer(here, time.monotonic() + WALL_S)
    finally:
        os.close(here)
        _end(pid)
        _, status = os.waitpid(pid, 0)
    if answer is None:
        return unknown(str(asked["format"]), f"The comparison took longer than {WALL_S} s.")
    return _read(str(asked["format"]), answer, os.waitstatus_to_exitcode(status))


def answer_to(asked: Request) -> bytes:
    """In the bounded process: the answer as JSON."""
    today = date.fromisoformat(asked["today"]) if asked.get("today") else None
    found = compare_in_process(
        asked["format"],
        asked["old"],
        asked["new"],
        open_model=asked["open_model"],
        category=asked["category"],
        today=today,
    )
    return json.dumps(found.as_json()).encode()


def limit(format_: str) -> None:
    """Bounds this process for good."""
    memory = MEMORY_OF_BUF if format_ in ("protobuf", "asyncapi") else MEMORY
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(what)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (most, most))


def _child(asked: Request, here: int, there: int) -> None:
    """What the fork does; it never returns."""
    code = 1
    try:
        os.setsid()
        os.close(here)
        limit(str(asked["format"]))
        with os.fdopen(there, "wb") as out:
            out.write(answer_to(asked))
        code = 0
    finally:
        os._exit(code)


def _answer(here: int, until: float) -> bytes | None:
    """All that the fork writes; None when its time is over."""
    found = bytearray()
    while (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([here], [], [], left)
        if not ready:
            return None
        part = os.read(here, 1 << 16)
        if not part or len(found) > MOST_ANSWER:
            return bytes(found)
        found += part
    return None


def _read(format_: str, answer: bytes, code: int) -> Comparison:
    try:
        return comparison_of(json.loads(answer))
    except (ValueError, KeyError, TypeError):
        why = {-signal.SIGXCPU: "took too much time", -signal.SIGKILL: "was stopped"}.get(code, "ended early")
        return unknown(format_, f"The comparison {why}: the documents are too large to be compared.")


def _end(pid: int) -> None:
    """Ends the process and what it started."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
