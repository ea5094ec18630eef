"""`/gatehouse`: what moves, and how to link."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from notifications.messages import blocks
from notifications.messages.facts import Facts
from notifications.messages.text import clock, escape
from notifications.slack.people import Stranger, person_of
from rollouts.accounts.models import Person
from rollouts.plans.models import Rollout
from rollouts.plans.values import ENDED, RolloutState

SHOWN = 12


def answer(fields: Mapping[str, str]) -> str:
    """The words for the one who typed the command."""
    word, _space, rest = fields.get("text", "").strip().partition(" ")
    try:
        if word == "link":
            return _link(fields)
        person = person_of(fields.get("team_id", ""), fields.get("user_id", ""))
    except Stranger as stranger:
        return str(stranger)
    if word == "status":
        return _one(person, rest.strip()) if rest.strip() else _all(person)
    return _(
        "`/gatehouse status` says what moves, `/gatehouse status orders-v3` how one rollout stands, "
        "`/gatehouse link` links your account."
    )


def _link(fields: Mapping[str, str]) -> str:
    workspace, user = fields.get("team_id", ""), fields.get("user_id", "")
    try:
        person = person_of(workspace, user)
    except Stranger as stranger:
        return str(stranger)
    return _("You are linked as %s.") % escape(person)


def _all(person: Person) -> str:
    ended = [state.value for state in ENDED]
    rows = Rollout.objects.accessible_to(person).exclude(state__in=[*ended, "draft"])
    found = list(rows.select_related("in_force").order_by("-state_since_at", "pk")[: SHOWN + 1])
    if not found:
        return _("Nothing moves.")
    lines = [f"• {_line(rollout)}" for rollout in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(_("… and more."))
    return "\n".join(lines)[: blocks.SECTION]


def _line(rollout: Rollout) -> str:
    facts = Facts(rollout)
    place = f", {facts.place(rollout.stage)}" if rollout.stage else ""
    word = RolloutState(rollout.state).label
    return f"<{facts.url}|{escape(rollout.title)}>: {word}{place}"


def _one(person: Person, slug: str) -> str:
    rows = Rollout.objects.accessible_to(person).select_related("in_force")
    rollout = rows.filter(slug=slug.lower()).first()
    if rollout is None:
        return _("There is no rollout %s that you may see.") % f"“{escape(slug)[:80]}”"
    facts = Facts(rollout)
    lines = [
        f"*{_line(rollout)}*",
        _("Granted: %s.") % escape(facts.now_words),
        *(
            f"{gate.title or gate.name}: {escape(gate.sentence or gate.word.label)}"
            for gate in facts.gates[:8]
        ),
        _("Since %s.") % clock(rollout.state_since_at),
    ]
    return "\n".join(lines)[: blocks.SECTION]
