"""Protobuf, by `buf breaking` as a program of its own, in a folder of its own, without network and HOME."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rollouts.contracts.formats.reading import bounded
from rollouts.contracts.formats.values import (
    Comparison,
    Difference,
    Direction,
    Flow,
    Level,
    Outcome,
    Unreadable,
    Use,
)

MOST_BYTES = 256_000
LONGEST_LINE = 2_000
"""buf takes the square of a line's length: 116 kB on one line took over 15 s."""
MOST_FILES = 200
CATEGORIES = ("FILE", "PACKAGE", "CSR", "WIRE_JSON", "WIRE")
CALLED = ("RPC_NO_DELETE", "PACKAGE_SERVICE_NO_DELETE")
"""Rules that the categories of the wire leave out, though no caller survives them."""
BUF_S = 8
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*\.proto\Z")
QUOTED = re.compile(r'"([^"]+)"')

Files = Mapping[str, str]


def files(given: str | Mapping[str, Any]) -> Files:
    """The files by name; a text alone is one file, or the JSON of several. Raises Unreadable."""
    if isinstance(given, str):
        given = _several(given) or {"contract.proto": given}
    if not given or len(given) > MOST_FILES:
        raise Unreadable(f"A Protobuf contract has 1 to {MOST_FILES} files.")
    found = {}
    for name, text in given.items():
        if not isinstance(text, str) or not NAME.match(name) or ".." in name.split("/"):
            raise Unreadable(f"“{name[:80]}” is no name of a .proto file.")
        longest = max((len(line) for line in text.splitlines()), default=0)
        if longest > LONGEST_LINE:
            raise Unreadable(f"A line of {name} has {longest:,} letters. Break lines over {LONGEST_LINE:,}.")
        found[name] = text
    if not bounded("".join(found.values()), MOST_BYTES).strip():
        raise Unreadable("The Protobuf contract is empty.")
    return found


def _several(text: str) -> Mapping[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def compare(
    old: str | Mapping[str, Any], new: str | Mapping[str, Any], *, category: str = "WIRE_JSON"
) -> Comparison:
    """FILE for consumers who compile the files, WIRE_JSON for what goes over the wire. Raises Unreadable."""
    before, after = files(old), files(new)
    if category not in CATEGORIES:
        raise Unreadable(f"There is no category {category}. There are: {', '.join(CATEGORIES)}.")
    place = Path(tempfile.mkdtemp(prefix="gatehouse-buf-"))
    try:
        for side, given in (("old", before), ("new", after)):
            _written(place / side, given)
        code, lines, said = _buf(
            place / "new", "breaking", ".", "--against", "../old", "--error-format", "json",
            "--disable-symlinks", "--config", _config(category),
        )  # fmt: skip
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if wrong := next((each for each in lines if each.get("type") == "COMPILE"), None):
        side = "old" if str(wrong.get("path", "")).startswith("../old") else "new"
        where = f"line {wrong.get('start_line', '?')} of {Path(str(wrong.get('path', '?'))).name}"
        raise Unreadable(f"The {side} version does not compile, {where}: {wrong['message']}.")
    if code not in (0, 100):
        raise Unreadable(f"buf could not compare them: {said or 'it ended at once'}")
    differences = tuple(_difference(each) for each in lines)
    decided = Outcome.BREAKING if differences else Outcome.COMPATIBLE
    return Comparison(flows={Direction.EVENT: Flow()}, differences=differences, decided=decided)


def _config(category: str) -> str:
    return json.dumps({"version": "v2", "breaking": {"use": [category, *CALLED]}})


def _written(place: Path, given: Files) -> None:
    for name, text in given.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _buf(place: Path, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """Its code, its findings, and what else it said. Raises Unreadable when it takes too long."""
    program = Path(sys.executable).with_name("buf")
    known = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(place),
        "GOMAXPROCS": "1",
        "GOMEMLIMIT": "256MiB",
        "NO_COLOR": "1",
    }
    try:
        ended = subprocess.run(
            [str(program), *arguments], cwd=place, env=known, capture_output=True, timeout=BUF_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable(f"buf did not compile it within {BUF_S} s.") from error
    except OSError as error:
        raise Unreadable(f"buf could not be started: {os.strerror(error.errno or 0)}.") from error
    return (
        ended.returncode,
        list(_lines(ended.stdout + ended.stderr)),
        ended.stderr.decode(errors="replace").strip()[:200],
    )


def _lines(output: bytes) -> Iterator[dict[str, Any]]:
    for line in output.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "message" in found:
            yield found


def _difference(given: Mapping[str, Any]) -> Difference:
    said = str(given["message"]).partition(" See http")[0]
    names = QUOTED.findall(said)
    where = str(given.get("path", ""))
    if "start_line" in given:
        where = f"{where}:{given['start_line']}"
    return Difference(
        rule=str(given.get("type", "compile")).lower().replace("_", "-"),
        level=Level.BREAKING,
        location=where,
        sentence=said if said.endswith(".") else f"{said}.",
        touches=tuple(Use(type=name) for name in dict.fromkeys(names)) or (Use(),),
    )
