"""Planned times: they exist, once, and stand in order."""

from datetime import datetime
from typing import Any

from rollouts.lib.documents.problems import Path, Problems
from rollouts.plans.document.checks import look
from rollouts.plans.document.local_time import Moment, NotATime, resolve, zones


def check(document: Any, problems: Problems) -> None:
    _windows(document, problems)
    for path, gate in look.all_gates(document):
        if look.text(gate, "kind") == "schedule":
            _schedule(gate, path, problems)


def _moment(given: look.Given, key: str, path: Path, problems: Problems, zone: str | None) -> Moment | None:
    text = look.text(given, key)
    if text is None or zone not in zones() or problems.at((*path, key)):
        return None
    try:
        return resolve(text, str(zone))
    except NotATime as fault:
        problems.add((*path, key), fault.message, fault.remedy)
        return None


def _zone(given: look.Given, path: Path, problems: Problems) -> str | None:
    zone = look.text(given, "zone")
    if zone is not None and zone not in zones():
        message = f"{zone} is no zone of the IANA database."
        problems.add((*path, "zone"), message, "Write one such as Europe/Berlin or UTC.")
    return zone


def _windows(document: Any, problems: Problems) -> None:
    before: tuple[datetime, str] | None = None
    for path, stage in look.entries(document, "stages"):
        window = stage.get("window")
        if not isinstance(window, dict):
            continue
        place = (*path, "window")
        zone = _zone(window, place, problems)
        start = _moment(window, "start", place, problems, zone)
        end = _moment(window, "end", place, problems, zone)
        name = look.text(stage, "name") or "before"
        if start and end and end.at <= start.at:
            problems.add((*place, "end"), "The window ends before it starts.", "Write a later end.")
            continue
        if start and before and start.at < before[0]:
            message = f"The window starts before the one of stage {before[1]}."
            problems.add((*place, "start"), message, "Put the stages, or their windows, in order.")
        _bake_fits(stage, place, start, end, problems)
        if start:
            before = (start.at, name)


def _bake_fits(
    stage: look.Given, place: Path, start: Moment | None, end: Moment | None, problems: Problems
) -> None:
    bake = look.length(stage, "bake")
    if bake is not None and start and end and end.at - start.at < bake:
        message = "The window is shorter than the bake."
        problems.add((*place, "end"), message, f"End it after {(start.at + bake):%Y-%m-%d %H:%M} UTC.")


def _schedule(gate: look.Given, path: Path, problems: Problems) -> None:
    settings, place = look.section(gate, "settings"), (*path, "settings")
    zone = _zone(settings, place, problems)
    _moment(settings, "not_before", place, problems, zone or "UTC")
    hours = look.section(settings, "hours")
    start, end = look.text(hours, "from"), look.text(hours, "to")
    if start and end and end <= start:
        message = f"Business hours from {start} to {end} are empty."
        problems.add((*place, "hours"), message, "Let them end later than they begin.")
    if ("not_before" in settings or hours) and zone is None and "zone" not in settings:
        problems.warn(place, "The times have no zone and are read as UTC.", "Add `zone: Europe/Berlin`, say.")
