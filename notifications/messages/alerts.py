"""The Slack message about a culprit: what is seen, who suffers by it, who looks; and its end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications.messages import blocks
from notifications.messages.facts import address
from notifications.messages.text import escape, moment, span
from notifications.values import Message

SHOWN = 10
"""Victims that are named; the rest are counted."""


@dataclass(frozen=True)
class Told:
    """An alert as messages tell it, with the names that people know; `key` is the culprit's.

    `victims`: who suffers with the tier, by what it costs the business, the most first. `place` of `many`:
    where it stands among the alerts that are open.
    """

    key: str
    root: str
    service: str
    slug: str
    environment: str
    priority: str
    words: str
    victims: Sequence[tuple[str, int | None]]
    looks: Sequence[str]
    runbook: str
    place: int
    many: int

    @property
    def what(self) -> str:
        return _("%(root)s in %(environment)s") % {"root": self.root, "environment": self.environment}

    @property
    def map(self) -> str:
        return on_map(self.environment, self.key)

    @property
    def page(self) -> str:
        return address(f"/services/{quote(self.slug)}/")


def on_map(environment: str, culprit: str) -> str:
    """The address of the map of a culprit and whom it hurts."""
    return address("/graph/?" + urlencode({"environment": environment, "culprit": culprit}))


def standing(told: Told, at: datetime) -> Message:
    """An alert that goes on."""
    suffer = _victims(told)
    looks = ", ".join(told.looks)
    buttons = [
        blocks.button(_("Open the map"), "alert.open", url=told.map),
        blocks.button(_("Open %s") % told.service, "service.open", url=told.page),
    ]
    if told.runbook.startswith(("https://", "http://")):
        buttons.append(blocks.button(_("Runbook"), "alert.runbook", url=told.runbook))
    parts = (
        blocks.header(f"Alert {told.priority}: {told.what}"),
        blocks.section(
            f":octagonal_sign: *{escape(told.words)}*",
            f"*Suffer from it:* {escape(suffer)}",
            f"*Looks:* {escape(looks)}" if looks else _("*Looks:* nobody is on call for its team"),
        ),
        blocks.actions(f"alert:{told.slug}:{told.environment}", buttons),
        blocks.context(_rank(told), moment(at)),
    )
    said = f"Alert {told.priority}: {told.what}. {told.words} Suffer from it: {suffer}."
    return Message(blocks.text(said), parts)


def over(told: Told, *, opened: datetime | None, at: datetime) -> Message:
    """An alert that has ended: how long it took, whom it hurt, and no buttons but the link in words."""
    said = _("%(root)s is well again.") % {"root": told.root}
    lasted = _("It took %s.") % span(at - opened) if opened else ""
    hurt = _("It hurt %s.") % _victims(told) if told.victims else ""
    parts = (
        blocks.header(f"Over: {told.what}"),
        blocks.section(
            f":white_check_mark: {escape(said)} {escape(lasted)}",
            escape(hurt),
            f"<{told.map}|{escape(_('Open the map'))}>",
        ),
        blocks.context(moment(at)),
    )
    return Message(blocks.text(f"Over: {told.what}. {said} {lasted} {hurt}"), parts)


def _victims(told: Told) -> str:
    """ "Web (tier 0), Shop (tier 1) and 3 more"."""
    named = [
        name if tier is None else _("%(name)s (tier %(tier)s)") % {"name": name, "tier": tier}
        for name, tier in told.victims[:SHOWN]
    ]
    more = len(told.victims) - SHOWN
    said = ", ".join(named) or _("nobody yet")
    return (
        ngettext("%(said)s and %(n)s more", "%(said)s and %(n)s more", more)
        % {
            "said": said,
            "n": more,
        }
        if more > 0
        else said
    )


def _rank(told: Told) -> str:
    if told.many < 2:
        return ""
    return _("Number %(place)s of %(many)s open alerts by business impact.") % {
        "place": told.place,
        "many": told.many,
    }
