"""What outsiders are told, in their words: step, stopped itself, taken back. Never a percentage alone.

Plain functions of plain values; the sentences are gettext's where Django runs them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


@dataclass(frozen=True)
class Standing:
    """Where a change stands: tone and icon of its lamp, a word, a headline, and why."""

    tone: str
    icon: str
    word: str
    headline: str
    sentence: str = ""


HELD_FOR = {
    "no_data": lambda: _("One of our measuring systems is silent, so we do not go on."),
    "gate": lambda: _("One of our checks asks for a closer look, so we do not go on."),
    "overdue": lambda: _("This step takes longer than planned, so we look at it before we go on."),
    "person": lambda: _("We paused it to take a closer look."),
}


def standing(
    state: str,
    *,
    step: int | None,
    steps: int,
    stage_state: str = "",
    healthy: bool = False,
    held_for: str = "",
    by_itself: bool = True,
) -> Standing:
    """`step` is the number among the public steps of the one under way, None when it is not public."""
    at = _("step %(step)d of %(steps)d") % {"step": step, "steps": steps} if step else ""
    match state:
        case "proposed":
            return Standing("none", "schedule", _("Coming"), _("Coming, not agreed on yet"))
        case "approved":
            return Standing("none", "schedule", _("Coming"), _("Coming, agreed on and not begun"))
        case "running":
            return _running(at, stage_state, healthy)
        case "held":
            why = HELD_FOR.get(held_for, HELD_FOR["person"])()
            return Standing("wait", "held", _("Paused"), _with(_("Paused"), at), why)
        case "halted":
            return _halted(at, by_itself)
        case "rolling_back":
            why = _("Everything goes back to how it was before.")
            return Standing("back", "back", _("Being taken back"), _("Being taken back"), why)
        case "rollback_failed":
            why = _("Going back takes longer than it should. People are working on it.")
            return Standing(
                "stop", "back", _("Being taken back"), _("Being taken back, with difficulty"), why
            )
        case "rolled_back":
            why = _("Everything is as it was before.")
            return Standing("back", "back", _("Taken back"), _("Taken back"), why)
        case "completed":
            return Standing("pass", "pass", _("Done"), _("Done"), _("Every step is done."))
        case "closed":
            return Standing("none", "x", _("Ended early"), _("Ended before the last step"))
        case "cancelled":
            return Standing("none", "x", _("Called off"), _("Called off before it began"))
    return Standing("none", "pending", _("Being planned"), _("Being planned"))


def _with(word: str, at: str) -> str:
    return f"{word}: {at}" if at else word


def _running(at: str, stage_state: str, healthy: bool) -> Standing:
    if stage_state == "ready":
        why = _("The step was watched long enough and every check is fine. The next step can begin.")
        return Standing("pass", "ready", _("Step done"), _with(_("Watched and healthy"), at), why)
    if healthy:
        why = _("Nothing is slower or failing more than it may.")
        return Standing("move", "move", _("Step under watch"), _with(_("Under way and healthy"), at), why)
    why = _("The step has begun and our checks are gathering what they need.")
    return Standing("move", "move", _("Step under watch"), _with(_("Under way"), at), why)


def _halted(at: str, by_itself: bool) -> Standing:
    why = _("People look at it now. It goes on, or is taken back, only when somebody has decided.")
    if by_itself:
        return Standing("stop", "halt", _("Stopped"), _with(_("Stopped itself"), at), why)
    return Standing("stop", "halt", _("Stopped"), _with(_("Stopped by our team"), at), why)


def step_standing(state: str) -> tuple[str, str, str]:
    """Tone, icon and word of one step's lamp."""
    return {
        "waiting": ("move", "move", _("Beginning")),
        "baking": ("move", "move", _("Under watch")),
        "ready": ("pass", "ready", _("Watched and healthy")),
        "promoted": ("pass", "pass", _("Done")),
        "halted": ("stop", "halt", _("Stopped")),
        "rolling_back": ("back", "back", _("Being taken back")),
        "rolled_back": ("back", "back", _("Taken back")),
        "skipped": ("none", "skip", _("Left out")),
    }.get(state, ("none", "pending", _("To come")))


def people_to_agree(wanted: int, given: int) -> str:
    """How many people must still agree; nobody is named."""
    if given:
        said = ngettext("%(given)d person has agreed", "%(given)d people have agreed", given)
        return _("Needs %(wanted)s to agree; %(said)s.") % {
            "wanted": people(wanted),
            "said": said % {"given": given},
        }
    return _("Needs %(wanted)s to agree.") % {"wanted": people(wanted)}


def people(count: int) -> str:
    """ "one person", "two people"."""
    counted = {1: _("one"), 2: _("two"), 3: _("three"), 4: _("four"), 5: _("five")}.get(count, str(count))
    return ngettext("%(counted)s person", "%(counted)s people", count) % {"counted": counted}


def index_headline(states: Sequence[str]) -> tuple[str, str, str]:
    """Tone, icon and sentence over all changes that are under way."""
    moving = [
        state for state in states if state in ("running", "held", "halted", "rolling_back", "rollback_failed")
    ]
    stopped = sum(state in ("halted", "rollback_failed") for state in moving)
    back = sum(state == "rolling_back" for state in moving)
    if not moving:
        return "pass", "pass", _("Nothing is changing right now")
    said = ngettext("%(n)d change is under way", "%(n)d changes are under way", len(moving)) % {
        "n": len(moving)
    }
    if stopped:
        also = ngettext("%(n)d has stopped", "%(n)d have stopped", stopped) % {"n": stopped}
        return "stop", "halt", f"{said}, {also}"
    if back:
        also = ngettext("%(n)d is being taken back", "%(n)d are being taken back", back) % {"n": back}
        return "back", "back", f"{said}, {also}"
    if "held" in moving:
        held = moving.count("held")
        also = ngettext("%(n)d is paused", "%(n)d are paused", held) % {"n": held}
        return "wait", "held", f"{said}, {also}"
    return "move", "move", said


def told(kind: str, *, step: str, by_system: bool) -> str:
    """One event of the log in one public sentence; empty for what outsiders are not told.

    `step` names the public step that it is about, or is empty.
    """
    this = step or _("The change")
    match kind:
        case "rollout.started" | "rollout.promoted":
            return _("%(step)s has begun.") % {"step": this} if step else _("The change goes on.")
        case "rollout.held":
            return _("%(step)s is paused.") % {"step": this}
        case "rollout.resumed":
            return _("%(step)s goes on.") % {"step": this}
        case "rollout.halted":
            return (
                _("%(step)s has stopped itself.") % {"step": this}
                if by_system
                else _("%(step)s was stopped by our team.") % {"step": this}
            )
        case "rollout.rolling_back":
            return _("The change is being taken back.")
        case "rollout.rolled_back":
            return _("The change is taken back. Everything is as it was before.")
        case "rollout.rollback_failed":
            return _("Taking the change back is harder than planned. People are working on it.")
        case "rollout.completed":
            return _("The change is done.")
        case "rollout.closed":
            return _("The change ended before its last step.")
        case "rollout.cancelled":
            return _("The change was called off before it began.")
        case "rollout.stage_ready":
            return _("%(step)s was watched long enough and is healthy.") % {"step": this} if step else ""
    return ""
