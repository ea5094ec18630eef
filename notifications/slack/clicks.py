"""What a button does: the same verbs, through the same doors, as page and API."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from notifications.messages import refs
from notifications.messages.text import escape
from notifications.slack.people import Stranger, person_of
from notifications.slack.receipts import key_of
from rollouts.accounts.models import Person
from rollouts.audit.services import KeyReused
from rollouts.audit.values import EventView, Face
from rollouts.decisions import services as decisions
from rollouts.decisions.services import Action, Command
from rollouts.escalations import services as escalations
from rollouts.escalations.models import Run
from rollouts.plans.models import Rollout

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Click:
    """One press of a button."""

    action: str
    names: dict[str, str]
    workspace: str
    user: str
    key: str
    response_url: str

    @property
    def is_link(self) -> bool:
        """Slack tells of links that were opened, too."""
        return self.action.endswith((".open", ".runbook"))


def read(payload: Mapping[str, Any]) -> Click:
    """The click of an interaction. Raises KeyError, IndexError, TypeError or AttributeError for junk."""
    action, user = payload["actions"][0], payload["user"]
    workspace = user.get("team_id") or payload["team"]["id"]
    trigger = payload.get("trigger_id") or ""
    message = payload.get("container", {}).get("message_ts", "")
    parts = (trigger,) if trigger else (user["id"], message, action["action_id"], action["action_ts"])
    return Click(
        action=str(action["action_id"]),
        names=refs.read(str(action.get("value") or "")),
        workspace=str(workspace),
        user=str(user["id"]),
        key=key_of("click", workspace, *parts),
        response_url=str(payload.get("response_url") or ""),
    )


def carry_out(click: Click) -> str:
    """Does what the button says; answers with what became of it, for the one who pressed."""
    try:
        person = person_of(click.workspace, click.user)
        verb = VERBS.get(click.action)
        if verb is None:
            return _("This button is of an older version of Gatehouse. Open the rollout instead.")
        return escape(verb(click, person))
    except Stranger as stranger:
        return str(stranger)
    except (decisions.Refused, escalations.Refused, KeyReused) as refused:
        return escape(_("Refused: %s") % refused)
    except (Rollout.DoesNotExist, Run.DoesNotExist):
        return _("This is not there any more.")
    except Exception:
        logger.exception("slack.click.broken")
        return _("Gatehouse could not carry this out. Look at the rollout before you try again.")


def _decide(action: Action, *, about: bool = False) -> Callable[[Click, Person], str]:
    """A decision on the rollout; `about` also names stage and revision, as a vote and a promotion need."""

    def verb(click: Click, person: Person) -> str:
        stage = refs.number(click.names, "stage") if about else None
        revision = refs.number(click.names, "rev") if about else None
        decided = decisions.decide(
            rollout=click.names.get("rollout", ""),
            command=Command(action, stage=stage, revision=revision),
            actor=person.actor,
            face=Face.SLACK,
            key=click.key,
        )
        return _said(decided.event)

    return verb


def _acknowledge(click: Click, person: Person) -> str:
    """One escalation, or all of the rollout that nobody has answered."""
    run = refs.number(click.names, "run")
    if run is not None:
        runs = [run]
    else:
        rows = Run.objects.filter(rollout__slug=click.names.get("rollout", ""))
        runs = list(rows.unanswered().order_by("pk").values_list("pk", flat=True))
        runs = runs or list(rows.order_by("-pk").values_list("pk", flat=True)[:1])
    if not runs:
        return _("No escalation of this rollout has begun yet. Try again in a moment.")
    events = [
        escalations.acknowledge(run=pk, actor=person.actor, face=Face.SLACK, key=f"{click.key}:{pk}")
        for pk in runs
    ]
    return _said(events[-1])


def _next(click: Click, person: Person) -> str:
    event = escalations.call_next(
        run=refs.number(click.names, "run") or 0,
        level=refs.number(click.names, "level") or 0,
        actor=person.actor,
        face=Face.SLACK,
        key=click.key,
    )
    return _said(event)


def _said(event: EventView) -> str:
    return str(event.content["sentence"])


VERBS: Mapping[str, Callable[[Click, Person], str]] = {
    "rollout.approve": _decide(Action.APPROVE, about=True),
    "rollout.promote": _decide(Action.PROMOTE, about=True),
    "rollout.hold": _decide(Action.HOLD),
    "rollout.halt": _decide(Action.HALT),
    "rollout.roll_back": _decide(Action.ROLL_BACK),
    "escalation.acknowledge": _acknowledge,
    "escalation.next": _next,
}
