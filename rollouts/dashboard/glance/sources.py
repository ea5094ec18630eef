"""Metric sources: which of them answer, since when one is silent, and what that stops."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.dashboard import wording
from rollouts.dashboard.glance.looking import Glance
from rollouts.gates.models import Gate
from rollouts.gates.values import Word
from rollouts.health import queries as health
from rollouts.health.models import Source
from rollouts.plans.models import Rollout

SHOWN = 6
WORST_FIRST = ("late", "failing", "new", "well")


@dataclass(frozen=True)
class Row:
    """One source: its lamp, and when it last answered."""

    name: str
    environment: str
    tone: str
    word: str
    at: datetime | None


def context(request: HttpRequest, glance: Glance) -> dict[str, Any]:
    """See templates/dashboard/panels/metric_sources.html."""
    found = health.standings(glance.now)
    found.sort(key=lambda row: WORST_FIRST.index(row.standing))  # type: ignore[attr-defined]
    return {
        "sources": [row(each, glance.now) for each in found[:SHOWN]],
        "further": max(0, len(found) - SHOWN),
        "silence": silence(glance),
    }


def row(source: Source, now: datetime) -> Row:
    """One source in words."""
    at = source.last_success_at
    age = {"age": wording.rough(now - at)} if at else {}
    counts = {"silent": source.silent, "many": source.many}  # type: ignore[attr-defined]
    tone, word = {
        "late": ("none", _("No data, %(age)s") % age if at else _("No data so far")),
        "failing": ("wait", _("%(silent)s of %(many)s silent") % counts if counts["many"] else _("In part")),
        "new": ("none", _("Not yet asked")),
        "well": ("pass", _("Fresh, %(age)s") % age if at else _("Fresh")),
    }[source.standing]  # type: ignore[attr-defined]
    return Row(source.name, source.environment.name, tone, word, at)


def silence(glance: Glance) -> str:
    """How many gates of rollouts under way say no data; not those whose traffic a halt took."""
    judged = Rollout.objects.accessible_to(glance.person).judged().values("pk")
    rows = Gate.objects.present().filter(verdict=Word.NO_DATA, silenced=False, rollout__in=judged)
    counts = rows.aggregate(gates=Count("pk"), rollouts=Count("rollout", distinct=True))
    if not counts["gates"]:
        return ""
    gates = ngettext("%(n)s gate says", "%(n)s gates say", counts["gates"]) % {"n": counts["gates"]}
    rollouts = ngettext("%(n)s rollout", "%(n)s rollouts", counts["rollouts"]) % {"n": counts["rollouts"]}
    words = {"gates": gates, "rollouts": rollouts}
    return _("%(gates)s no data, in %(rollouts)s. Nothing is promoted on silence.") % words
