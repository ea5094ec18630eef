"""What escalations need from a person: an answer."""

from datetime import datetime

from django.utils.translation import gettext as _

from rollouts.accounts.models import Person
from rollouts.escalations import queries
from rollouts.escalations.models import Run
from rollouts.lib.inbox import Item, Step


def answers(person: Person, now: datetime) -> list[Item]:
    """Runs that asked the person and that nobody has answered."""
    return [_item(run) for run in queries.wanting(person)]


def _item(run: Run) -> Item:
    address = run.get_absolute_url()
    note = _("then the next level is asked") if run.due_at else _("everybody was asked")
    return Item(
        urgency=0,
        tone="stop",
        icon="bell",
        title=_("%(title)s: you are paged, level %(level)s")
        % {"title": run.rollout.title, "level": run.level},
        href=address,
        sentence=run.what,
        until=_("Answer now"),
        until_note=note,
        until_at=run.due_at,
        steps=(Step(_("Acknowledge"), address, "go", "pass"),),
    )
