"""Pages: somebody is asked to look, now."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from notifications.messages import blocks, refs
from notifications.messages.facts import Facts, address
from notifications.messages.text import clock, escape, moment, quoted
from notifications.values import Message


def run_url(run: int) -> str:
    return address(f"/escalations/E-{run}/")


def page(facts: Facts, content: dict[str, Any], *, until: datetime | None) -> Message:
    """A level of an escalation is asked."""
    level, run = content["level"], content["run"]
    what = f"{facts.title}, level {level}"
    value = refs.write(run=run, level=level)
    buttons = [
        blocks.button(_("Acknowledge"), "escalation.acknowledge", value=value, style="primary"),
        blocks.button(_("Call the next level"), "escalation.next", value=value),
        blocks.button(_("Open"), "escalation.open", url=run_url(run)),
    ]
    if facts.runbook:
        buttons.append(blocks.button(_("Runbook"), "escalation.runbook", url=facts.runbook))
    names = ", ".join(escape(each["name"]) for each in content["reached"])
    wait = f"*You:* acknowledge before *{clock(until)}*, or the next level is asked." if until else ""
    parts = (
        blocks.header(f"You are paged: {what}"),
        blocks.section(f":telephone_receiver: *{escape(content['what'])}*", wait),
        blocks.actions(f"page:E-{run}:{content['cycle']}:{level}", buttons),
        blocks.context(f"Asked: {names}.", f"<{run_url(run)}|{escape(content['name'])}>"),
    )
    before = f" Acknowledge before {clock(until)}, or the next level is asked." if until else ""
    return Message(blocks.text(f"You are paged: {what}. {content['what']}{before}"), parts)


def answered(facts: Facts, content: dict[str, Any], *, word: str, at: datetime) -> Message:
    """A page after somebody answered, or after it ended."""
    parts = (
        blocks.header(f"{word}: {facts.title}, {content['name']}"),
        blocks.section(
            escape(content["what"]),
            escape(content["sentence"]),
            f"*Says:* {quoted(content['reason'])}" if content.get("reason") else "",
        ),
        blocks.context(f"<{run_url(content['run'])}|{escape(content['name'])}>", moment(at)),
    )
    return Message(blocks.text(f"{word}: {facts.title}. {content['sentence']}"), parts)
