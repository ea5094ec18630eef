"""Breaking the glass: which open things a command passes over, by name, and what stops it for good."""

from collections.abc import Sequence
from dataclasses import dataclass

from rollouts.decisions.machine.openings import Opening
from rollouts.decisions.machine.permits import capitalised, listed
from rollouts.decisions.machine.snapshot import Snapshot
from rollouts.decisions.machine.values import Action, Command, Refused, ReviewCause

# The reason that a refusal names first: what nobody can wait out quickly comes before what passes.
_CODES = ("frozen", "order", "other_rollout", "approvals", "no_data", "gates", "baking")


@dataclass(frozen=True)
class Passed:
    """What was passed over: names of gates and freezes, and the approval requests among them."""

    names: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()


def pass_over(command: Command, openings: Sequence[Opening]) -> Passed:
    """Nothing when nothing is open; the open things when the override names exactly them.

    Raises Refused when something is open and no override is given, when the override names more or
    less than what is open, gives no reason, or meets an absolute freeze.
    """
    if not command.override and command.action is not Action.SKIP:
        if openings:
            raise blocked(openings)
        return Passed()
    if not command.reason.strip():
        raise Refused("reason", "An override needs a reason.", "Say why in your own words.")
    absolute = [each.name for each in openings if each.absolute]
    if absolute:
        raise Refused(
            "absolute_freeze",
            f"The freeze “{absolute[0]}” is absolute and yields to no override.",
            "Wait for its end, or ask its owner.",
        )
    names = tuple(sorted({each.name for each in openings}))
    if names != tuple(sorted(set(command.override))):
        raise _misnamed(command, names)
    return Passed(names, tuple(each.request for each in openings if each.request is not None))


def blocked(openings: Sequence[Opening]) -> Refused:
    """The refusal that names everything that is open and how each would close."""
    code = min((each.code for each in openings), key=_CODES.index)
    sentence = "; ".join(each.sentence for each in openings)
    remedies = list(dict.fromkeys(each.remedy for each in openings))
    return Refused(code, f"Not now: {sentence}.", f"{capitalised(listed(remedies))}.")


def _misnamed(command: Command, names: tuple[str, ...]) -> Refused:
    given = listed(sorted(set(command.override))) if command.override else "nothing"
    if not names:
        return Refused(
            "override_names",
            f"The override names {given}, and nothing is open.",
            f"{command.action.label} without an override.",
        )
    return Refused(
        "override_names",
        f"The override names {given}; open is {listed(names)}.",
        "Look again and name exactly what is passed over.",
    )


def review(seen: Snapshot, cause: ReviewCause) -> ReviewCause | None:
    """The review that this opens: a rollout has one, opened by the first cause."""
    return None if seen.has_review else cause
