"""The panel "Readers" on a rollout's page, and what the first page asks of its owner."""

from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollouts.accounts.models import Person
from rollouts.lib.inbox import Item, Step
from rollouts.lib.panels import Panel
from rollouts.plans.models import Rollout
from rollouts.statuspages import queries


def panel(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    """What readers see, when they last heard, and what they wrote."""
    person = cast("Person", request.user)
    return {
        "rollout": rollout,
        "desk": queries.desk(rollout),
        "may_tell": queries.may_tell(person, rollout),
    }


PANEL = Panel("readers", "halves", 60, "statuspages/panel.html", panel)


def inbox(person: Any, now: datetime) -> list[Item]:
    """Updates that are due, and letters without an answer, one item per rollout."""
    items = [
        Item(
            urgency=4,
            tone="wait",
            icon="chat",
            title=_("Update due: %(title)s") % {"title": row.rollout.title},
            href=reverse("statuspages:updates", args=[row.rollout.slug]),
            sentence=_("The plan promises readers an update. A draft from the log is ready."),
            steps=(Step(_("Write"), reverse("statuspages:updates", args=[row.rollout.slug]), "go"),),
        )
        for row in queries.owed(person, now)
    ]
    letters: dict[str, list[Any]] = {}
    for letter in queries.unanswered(person):
        letters.setdefault(letter.rollout.slug, []).append(letter)
    for slug, rows in letters.items():
        concerns = sum(row.kind == "concern" for row in rows)
        href = reverse("statuspages:feedback", args=[slug])
        said = ngettext("%(n)d reader waits for an answer.", "%(n)d readers wait for an answer.", len(rows))
        stops = ngettext("For %(n)d it stops their work.", "For %(n)d it stops their work.", concerns)
        sentence = said % {"n": len(rows)}
        items.append(
            Item(
                urgency=2 if concerns else 6,
                tone="stop" if concerns else "wait",
                icon="chat",
                title=_("Readers of %(title)s") % {"title": rows[0].rollout.title},
                href=href,
                sentence=f"{sentence} {stops % {'n': concerns}}" if concerns else sentence,
                steps=(Step(_("Answer"), href, "go"),),
            )
        )
    return items
