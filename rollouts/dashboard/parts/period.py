"""Which time the health of a rollout is shown for: until now while it moves, around its end afterwards."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from rollouts.dashboard import wording
from rollouts.dashboard.standing import Standing
from rollouts.plans.values import RolloutState

WINDOWS = 90
AFTER = 30
"""Windows that are shown after what matters; the others are from before it."""
LIVE = frozenset(
    {RolloutState.RUNNING, RolloutState.HELD, RolloutState.ROLLING_BACK, RolloutState.ROLLBACK_FAILED}
)


@dataclass(frozen=True)
class Period:
    """From when to when, and the moment that it is about: None while that is now."""

    begins_at: datetime
    ends_at: datetime
    about_at: datetime | None = None
    about: str = "now"

    def words(self, now: datetime) -> str:
        """ "last 7 min", or the times with what they are around."""
        if self.about_at is None:
            return _("last %(span)s") % {"span": wording.rough(self.ends_at - self.begins_at)}
        begins = wording.moment(self.begins_at, now=now, shape="near")
        same_day = self.begins_at.date() == self.ends_at.date()
        ends = wording.moment(self.ends_at, now=now, shape="clock" if same_day else "near")
        words = {"begins": begins, "ends": ends}
        if self.about == "halt":
            return _("%(begins)s to %(ends)s UTC, around the halt") % words
        return _("%(begins)s to %(ends)s UTC, around the end") % words


def period_of(standing: Standing, window: timedelta) -> Period:
    """The time to show, in windows of this length."""
    now, row = standing.now, standing.rollout
    if standing.state in LIVE or not standing.state.begun:
        return Period(now - WINDOWS * window, now)
    halted = standing.last("rollout.halted")
    ended_at = row.state_since_at
    if standing.state is not RolloutState.COMPLETED and halted is not None:
        ends_at = halted.at + AFTER * window
        if standing.state.ended and ended_at - halted.at <= (WINDOWS - AFTER) * window:
            ends_at = max(ends_at, ended_at + 5 * window)
        ends_at = min(now, ends_at)
        return Period(ends_at - WINDOWS * window, ends_at, halted.at, "halt")
    ends_at = min(now, ended_at + AFTER * window)
    return Period(ends_at - WINDOWS * window, ends_at, ended_at, "end")
