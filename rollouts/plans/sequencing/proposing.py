"""Stages in the order of the waves, from the stages that a plan has, for its author to edit. Pure."""

import copy
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rollouts.lib.documents.canonical import to_yaml
from rollouts.lib.documents.problems import Marks
from rollouts.lib.documents.source import JSON, parse
from rollouts.plans.document.check import PLAIN_WORDS
from rollouts.plans.document.reading import change_name
from rollouts.plans.waves import Wave

Stage = dict[str, Any]
USUAL: tuple[Stage, ...] = (
    {"name": "tenth", "exposure": {"percent": 10}, "bake": "30m"},
    {"name": "all", "exposure": {"percent": 100}, "bake": "1h"},
)
"""For changes that no stage moves yet."""
LONGEST_NAME = 80


def staged(document: Mapping[str, Any], waves: Sequence[Wave]) -> list[Stage]:
    """Each wave through the stages that move its changes now, in their order; the waves follow each other.

    Gates, bakes and ways back stay with their stages; planned windows are left out, as other stages come
    first now. A gate on a service of another wave stays with that wave.
    """
    services = {change_name(each): each["service"] for each in document.get("changes", ())}
    now = [each for each in document.get("stages", ()) if isinstance(each, dict)]
    taken: set[str] = set()
    found = []
    for wave in waves:
        moving = [each for each in now if set(each.get("targets", services)) & set(wave.changes)]
        idle = set(wave.changes) - {name for each in moving for name in each.get("targets", services)}
        for stage in moving:
            targets = [name for name in wave.changes if name in stage.get("targets", services)]
            found.append(_stage(stage, targets, wave, services, document, taken, many=len(waves) > 1))
        for stage in USUAL if idle else ():
            found.append(_stage(stage, sorted(idle), wave, services, document, taken, many=len(waves) > 1))
    return found


def _stage(
    stage: Mapping[str, Any],
    targets: Sequence[str],
    wave: Wave,
    services: Mapping[str, str],
    document: Mapping[str, Any],
    taken: set[str],
    *,
    many: bool,
) -> Stage:
    base = str(stage.get("name", "stage"))
    name = _free(base if base not in taken and not many else f"{base}-{wave.number}", taken)
    made: Stage = {"name": name}
    if title := stage.get("title"):
        made["title"] = f"{title}, wave {wave.number}"[:160] if many else title
    made["targets"] = list(targets)
    kept = {key: copy.deepcopy(value) for key, value in stage.items() if key not in (*made, "window")}
    made |= kept
    if isinstance(made.get("gates"), dict):
        elsewhere = set(services.values()) - {services[each] for each in targets}
        sides = {
            side: [gate for gate in gates if _service(gate, document) not in elsewhere]
            for side, gates in made["gates"].items()
        }
        made["gates"] = {side: gates for side, gates in sides.items() if gates}
        if not made["gates"]:
            del made["gates"]
    return made


def _free(name: str, taken: set[str]) -> str:
    name, number = name[: LONGEST_NAME - 4], 2
    found = name
    while found in taken:
        found, number = f"{name}-{number}", number + 1
    taken.add(found)
    return found


def _service(gate: Any, document: Mapping[str, Any]) -> str:
    """The service that a gate names, its own or as one of the plan's shared ones; empty: none."""
    shared = {each.get("name"): each for each in document.get("gates", ()) if isinstance(each, dict)}
    settings = (shared.get(gate) if isinstance(gate, str) else gate) or {}
    return str(settings.get("settings", {}).get("service", ""))


def rewritten(source: bytes, media_type: str, stages: Sequence[Stage]) -> str:
    """The document's text with these stages in place of its own; everything around them stays as it is.

    JSON, and YAML whose top is no block, is written out anew.
    """
    parsed = parse(source, media_type, plain=PLAIN_WORDS)
    document = parsed.value if isinstance(parsed.value, dict) else {}
    whole = {**document, "stages": list(stages)}
    if media_type == JSON:
        return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
    text = source.decode("utf-8-sig")
    lines = text.splitlines()
    begin, end = _place(lines, document, parsed.marks)
    if begin is None:
        return to_yaml(whole)
    block = to_yaml({"stages": list(stages)}).splitlines()
    return "\n".join([*lines[:begin], *block, *lines[end:]]) + "\n"


def _place(lines: Sequence[str], document: Iterable[str], marks: Marks) -> tuple[int | None, int]:
    """The lines of the stages, from and to; without stages, after the last line. None: no block of lines."""
    if any(not lines[_line(marks, key)].startswith((key, f'"{key}"', f"'{key}'")) for key in document):
        return None, 0
    if "stages" not in set(document):
        return len(lines), len(lines)
    begin = _line(marks, "stages")
    end = min((line for key in document if (line := _line(marks, key)) > begin), default=len(lines))
    while end < len(lines) and end > begin + 1 and (not lines[end - 1].strip() or lines[end - 1][0] == "#"):
        end -= 1
    return begin, end


def _line(marks: Marks, key: str) -> int:
    return marks.near((key,)).line - 1
