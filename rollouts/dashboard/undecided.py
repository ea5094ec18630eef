"""What follows when a gate stays without data or inconclusive, in words, by the policies of its plan."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.gates.models import Gate

FOLLOWS: Mapping[str, Callable[[], str]] = {
    "hold": lambda: _("the stage is held"),
    "extend": lambda: _("the bake grows by up to %(more)s, and then the stage is held"),
    "ask": lambda: _("people are asked to decide"),
    "halt": lambda: _("the rollout is halted"),
}
TIMES: Mapping[str, Callable[[], str]] = {
    "hold": lambda: _("held for no data"),
    "extend": lambda: _("the bake grows for no data"),
    "ask": lambda: _("people are asked for no data"),
    "halt": lambda: _("halted for no data"),
}
"""The same beside a time that is ahead."""


def after_silence(gate: Gate) -> str:
    """What follows no data that lasts."""
    return FOLLOWS[gate.on_no_data]() % {"more": wording.span(gate.no_data_extend)}


def when_unclear(gate: Gate) -> str:
    """What follows an inconclusive verdict. One sentence."""
    if gate.on_inconclusive not in FOLLOWS:
        return _("The stage is not left.")
    words = FOLLOWS[gate.on_inconclusive]() % {"more": wording.span(gate.inconclusive_extend)}
    if not gate.inconclusive_after:
        return _("At once, %(follows)s.") % {"follows": words}
    after = wording.span(gate.inconclusive_after)
    return _("After %(span)s %(follows)s.") % {"span": after, "follows": words}
