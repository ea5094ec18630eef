"""The kinds of event that an endpoint outside can choose, in the words that a person chooses by."""

from django.utils.translation import gettext_lazy as _

KINDS = (
    (
        _("Rollouts: decisions"),
        {
            "rollout.started": _("Started"),
            "rollout.promoted": _("Promoted"),
            "rollout.held": _("Held"),
            "rollout.resumed": _("Resumed"),
            "rollout.halted": _("Halted"),
            "rollout.rolling_back": _("Rolling back"),
            "rollout.rolled_back": _("Rolled back"),
            "rollout.rollback_failed": _("Rollback failed"),
            "rollout.stage_skipped": _("Stage skipped"),
            "rollout.completed": _("Completed"),
            "rollout.closed": _("Closed"),
            "rollout.cancelled": _("Cancelled"),
        },
    ),
    (
        _("Rollouts: plan and approval"),
        {
            "rollout.revision_saved": _("Plan saved"),
            "rollout.proposed": _("Plan proposed"),
            "rollout.approved": _("Plan approved"),
            "rollout.rejected": _("Plan rejected"),
            "rollout.withdrawn": _("Plan withdrawn"),
            "rollout.revision_in_force": _("Plan in force"),
            "rollout.risk_changed": _("Risk changed"),
            "rollout.approval_requested": _("Approval requested"),
            "rollout.approval_expired": _("Approval expired"),
            "rollout.voted": _("Voted"),
        },
    ),
    (
        _("Rollouts: stages and evidence"),
        {
            "rollout.bake_started": _("Bake started"),
            "rollout.stage_baking": _("Stage bakes"),
            "rollout.stage_ready": _("Stage ready"),
            "rollout.stage_unready": _("Stage no longer ready"),
            "rollout.bake_extended": _("Bake extended"),
            "rollout.decision_asked": _("Decision asked"),
            "rollout.overdue": _("Stage overdue"),
            "rollout.verdict_changed": _("Verdict changed"),
            "rollout.check_ticked": _("Check ticked"),
            "rollout.evidence_recorded": _("Evidence recorded"),
            "rollout.backtest_asked": _("Back-test asked for"),
            "rollout.backtested": _("Back-test done"),
        },
    ),
    (
        _("Rollouts: readers"),
        {
            "rollout.update_asked": _("Update due"),
            "rollout.update_posted": _("Update posted"),
            "rollout.feedback": _("Feedback came"),
            "rollout.feedback_answered": _("Feedback answered"),
            "rollout.link_made": _("Link made"),
            "rollout.link_revoked": _("Link revoked"),
        },
    ),
    (
        _("Escalations"),
        {
            "escalation.started": _("Started"),
            "escalation.level": _("Level asked"),
            "escalation.acknowledged": _("Acknowledged"),
            "escalation.exhausted": _("Nobody answered"),
            "escalation.ended": _("Ended"),
        },
    ),
    (
        _("Alerts"),
        {
            "alert.opened": _("A culprit was found"),
            "alert.grown": _("A culprit hurts more"),
            "alert.closed": _("A culprit is well again"),
        },
    ),
    (
        _("Service level objectives"),
        {
            "slo.burning": _("Burns too fast"),
            "slo.calm": _("Burns no longer too fast"),
        },
    ),
    (
        _("Metric sources"),
        {
            "source.failing": _("Stopped answering"),
            "source.recovered": _("Answers again"),
        },
    ),
    (
        _("Synthetic checks"),
        {
            "probe.failing": _("Fails"),
            "probe.recovered": _("Passes again"),
        },
    ),
    (
        _("Imports of catalog files"),
        {
            "import.failing": _("Fails"),
            "import.recovered": _("Works again"),
        },
    ),
    (
        _("Dependencies"),
        {
            "dependency.asked": _("An owner was asked"),
            "dependency.dismissed": _("Said to be none"),
            "dependency.confirmed": _("Said to stand still"),
            "dependency.taken_back": _("Taken back what was said"),
        },
    ),
    (
        _("Contracts"),
        {
            "contract.sunset_near": _("A version in use ends soon"),
            "contract.retired_live": _("A version in use was retired by break-glass"),
        },
    ),
    (
        _("Reviews"),
        {
            "review.opened": _("Opened"),
            "review.assigned": _("Assigned"),
            "review.section_saved": _("Section saved"),
            "review.measured": _("Measured again"),
            "review.commented": _("Commented"),
            "review.submitted": _("Submitted"),
            "review.returned": _("Returned"),
            "review.approved": _("Approved"),
            "review.published": _("Published or taken back"),
            "review.closed": _("Closed"),
            "review.overdue": _("Overdue"),
            "review.harm_said": _("Said whether the change did harm"),
            "review.item_added": _("Action item added"),
            "review.item_changed": _("Action item changed"),
            "review.item_overdue": _("Action item overdue"),
            "review.lesson_added": _("Lesson added"),
            "review.lesson_changed": _("Lesson changed"),
            "review.lesson_removed": _("Lesson removed"),
        },
    ),
)

EVERY = {
    "*": _("Everything, also kinds that come later"),
    "rollout.*": _("Everything about rollouts"),
    "escalation.*": _("Everything about escalations"),
    "review.*": _("Everything about reviews"),
    "alert.*": _("Everything about alerts"),
    "slo.*": _("Everything about error budgets"),
    "source.*": _("Everything about metric sources"),
    "probe.*": _("Everything about synthetic checks"),
    "dependency.*": _("Everything about dependencies"),
    "import.*": _("Everything about imports"),
    "contract.*": _("Everything about ends of contract versions"),
}
"""Patterns that stand for many kinds."""


def known() -> frozenset[str]:
    """Everything that an endpoint may choose."""
    return frozenset(EVERY) | {kind for _label, group in KINDS for kind in group}
