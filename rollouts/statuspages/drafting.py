"""A first wording of an update, from what the log says happened since the last one."""

from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.plans.models import Rollout
from rollouts.plans.queries import plan_of
from rollouts.statuspages.models import Update
from rollouts.statuspages.pages import reading


def draft(rollout: Rollout, now: datetime) -> str:
    """Public words only, so that it may go out as it is; oldest first, then what comes next."""
    revision = reading.governing(rollout)
    if revision is None or plan_of(revision).public is None:
        return ""
    page = reading.page(rollout, now, preview=True)
    if page is None:
        return ""
    since = Update.objects.filter(rollout=rollout).order_by("-at", "-pk").values_list("at", flat=True).first()
    happened = [
        line.title
        for line in reversed(page.told)
        if not line.id.startswith("update-") and (since is None or line.at > since)
    ]
    lines = [f"{page.standing.headline}. {page.standing.sentence}".strip(), *happened[-6:]]
    if page.upcoming:
        lines.append(_("Next: %(step)s.") % {"step": page.upcoming.title.rstrip(".")})
    return "\n\n".join(line for line in lines if line)
