"""Notes on messages that come late or perhaps twice."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from notifications.messages.text import clock


def marked_late(payload: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A Slack message that something newer has overtaken says when it was written."""
    return _noted(
        payload, _("Sent late: this is of %(time)s, before newer messages here.") % {"time": clock(at)}
    )


def marked_repeat(payload: dict[str, Any]) -> dict[str, Any]:
    """A message that may stand there already says so."""
    return _noted(payload, _("Possible repeat: whether this arrived before could not be told."))


def _noted(payload: dict[str, Any], note: str) -> dict[str, Any]:
    if "blocks" not in payload:
        return payload
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": note}]}
    return payload | {"text": f"{payload['text']} {note}", "blocks": [*payload["blocks"], context]}
