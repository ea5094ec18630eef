"""`python -m tests.contracts.formats.public FORMAT FOLDER [MANY]`: compares documents that others wrote.

Each of `MANY` files, chosen with a fixed seed, is compared with itself and, where it is JSON, with itself
after three edits. Prints how many answers of which kind there were, the reasons of those without one, and the
time. Ends with 1 when a comparison was killed or failed, or a document differed from itself.
"""

import json
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")

SUFFIXES = {".json", ".yaml", ".yml", ".graphql", ".avsc", ".proto"}
IMPORT = re.compile(r'^import (?:public )?"([^"]+)"', re.MULTILINE)
EDITED = ("type", "required", "enum", "properties", "format", "items", "parameters", "responses", "fields")

FIELD = re.compile(r"^  \w[\w.]* \w+ = \d+;")


def main(format_: str, folder: str, many: str = "400") -> int:
    from rollouts.contracts.formats import sandbox

    files = sorted(file for file in Path(folder).rglob("*") if file.suffix in SUFFIXES and file.is_file())
    random.Random(5).shuffle(files)
    said, reasons, times, bad = Counter[str](), Counter[str](), [0.0], 0
    for file in files[: int(many)]:
        text = read(file, Path(folder))
        for what, new in (("itself", text), ("an edit", edited(text, random.Random(file.name)))):
            if new is None:
                continue
            begun = time.perf_counter()
            told = sandbox.compare(format_, text, new).as_json()
            times.append(time.perf_counter() - begun)
            said[f"with {what}: {told['verdict']}"] += 1
            reason = told.get("error", "")
            reasons[reason[:90]] += bool(reason)
            broken = what == "itself" and told["verdict"] not in ("compatible", "unknown")
            bad += broken or "comparison" in reason
    times.sort()
    where = f"{times[len(times) // 2]:.2f} s in the middle, {times[-1]:.2f} s at most"
    sys.stdout.write(f"{format_}: {dict(said)}; {where}; {bad} at fault\n")
    for reason, count in reasons.most_common(10):
        sys.stdout.write(f"{count:5} {reason}\n" if count else "")
    return int(bad > 0)


def read(file: Path, folder: Path) -> str:
    """The document; of Protobuf with what it imports from the folder, by their names."""
    if file.suffix != ".proto":
        return file.read_text(errors="replace")
    found: dict[str, str] = {}
    waiting = [str(file.relative_to(folder))]
    while waiting:
        name = waiting.pop()
        if name not in found and not name.startswith("google/protobuf/") and (folder / name).is_file():
            found[name] = (folder / name).read_text(errors="replace")
            waiting += IMPORT.findall(found[name])
    return json.dumps(found)


def edited(text: str, chance: random.Random) -> str | None:
    """The document after three edits; None when it is no JSON. Of Protobuf its first file loses lines."""
    try:
        document = json.loads(text)
    except ValueError:
        return None
    name = next(iter(document), "") if isinstance(document, dict) else ""
    if name.endswith(".proto"):
        lines = document[name].split("\n")
        fields = [at for at, line in enumerate(lines) if FIELD.match(line)]
        gone = set(chance.sample(fields, min(3, len(fields))))
        left = "\n".join(line for at, line in enumerate(lines) if at not in gone)
        return json.dumps({**document, name: left})
    for _ in range(3):
        if places := list(_places(document)):
            node, key = chance.choice(places)
            _edit(node, key, chance)
    return json.dumps(document)


def _places(node: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in EDITED:
                yield node, key
            yield from _places(value)
    elif isinstance(node, list):
        for value in node:
            yield from _places(value)


def _edit(node: dict[str, Any], key: str, chance: random.Random) -> None:
    value = node[key]
    if isinstance(value, str) and key == "type":
        node[key] = "integer" if value == "string" else "string"
    elif isinstance(value, list) and value:
        value.pop(chance.randrange(len(value)))
    elif isinstance(value, dict) and value:
        del value[chance.choice(sorted(value))]
    else:
        del node[key]


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
