"""Which lamp says which state: tone, icon and word. The only place where a state meets a colour."""

from dataclasses import dataclass
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TONES = ("pass", "move", "wait", "stop", "back", "none")


@dataclass(frozen=True)
class Lamp:
    """A state as people see it. `tone` is one of TONES, `icon` a symbol of icons.svg."""

    tone: str
    word: str | Promise
    icon: str = ""

    @property
    def symbol(self) -> str:
        """The icon's name; by default the tone's own."""
        return self.icon or {"stop": "halt"}.get(self.tone, self.tone)


@cache
def known() -> dict[str, Lamp]:
    """Every state word of rollouts, stages, revisions, verdicts, readiness and follow-ups."""
    return {
        "draft": Lamp("none", _("Draft"), "edit"),
        "proposed": Lamp("none", _("Proposed"), "pending"),
        "approved": Lamp("pass", _("Approved"), "approval"),
        "running": Lamp("move", _("Running")),
        "held": Lamp("wait", _("Held"), "held"),
        "halted": Lamp("stop", _("Halted")),
        "rolling_back": Lamp("back", _("Rolling back")),
        "rolled_back": Lamp("back", _("Rolled back")),
        "rollback_failed": Lamp("stop", _("Rollback failed"), "back"),
        "completed": Lamp("pass", _("Completed")),
        "closed": Lamp("none", _("Closed"), "x"),
        "cancelled": Lamp("none", _("Cancelled"), "x"),
        "pending": Lamp("none", _("Pending"), "pending"),
        "waiting": Lamp("wait", _("Waiting")),
        "baking": Lamp("move", _("Baking")),
        "ready": Lamp("pass", _("Ready"), "ready"),
        "promoted": Lamp("pass", _("Promoted")),
        "skipped": Lamp("none", _("Skipped"), "skip"),
        "in_force": Lamp("pass", _("In force"), "ready"),
        "superseded": Lamp("none", _("Superseded"), "skip"),
        "rejected": Lamp("stop", _("Rejected"), "x"),
        "withdrawn": Lamp("none", _("Withdrawn"), "x"),
        "pass": Lamp("pass", _("Pass")),
        "fail": Lamp("stop", _("Fail")),
        "inconclusive": Lamp("wait", _("Inconclusive"), "incon"),
        "no_data": Lamp("none", _("No data")),
        "override": Lamp("stop", _("Override"), "override"),
        "overdue": Lamp("stop", _("Overdue"), "clock"),
        "healthy": Lamp("pass", _("Healthy")),
        "failing": Lamp("stop", _("Failing")),
        "active": Lamp("move", _("Active")),
        "deprecated": Lamp("wait", _("Deprecated"), "clock"),
        "retired": Lamp("none", _("Retired"), "skip"),
        "not_ready": Lamp("wait", _("Not ready")),
        "moving": Lamp("wait", _("Moving")),
        "unknown": Lamp("none", _("Not known")),
        "open": Lamp("wait", _("Open")),
        "watch": Lamp("wait", _("Watch")),
        "mitigated": Lamp("pass", _("Mitigated")),
        "accepted": Lamp("none", _("Accepted"), "pending"),
        "happened": Lamp("stop", _("Happened"), "risk"),
        "acknowledged": Lamp("pass", _("Acknowledged")),
        "failed": Lamp("stop", _("Failed")),
    }


def lamp_of(state: object) -> Lamp:
    """The lamp of a state's value; an unknown one is grey and says itself."""
    value = str(getattr(state, "value", state))
    found = known().get(value)
    return found or Lamp("none", value.replace("_", " ").capitalize(), "pending")


def pending_gate() -> Lamp:
    """A gate that waits is due work, unlike a stage that is yet to come."""
    return Lamp("wait", _("Pending"))


def verdict_lamp(word: object) -> Lamp:
    """The lamp of a gate's verdict."""
    value = str(getattr(word, "value", word))
    return pending_gate() if value == "pending" else lamp_of(value)


GATE_ICONS = {
    "metric": "metric",
    "exposure": "chart",
    "contract": "contract",
    "evidence": "evidence",
    "approval": "approval",
    "schedule": "schedule",
    "checklist": "checklist",
    "composite": "metric",
    "health": "chart",
    "error_budget": "chart",
    "external": "external",
    "rollout": "rollout",
    "bake": "wait",
}
"""Icon of a gate by its kind."""
