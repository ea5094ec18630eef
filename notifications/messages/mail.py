"""E-mails: the same facts in HTML and in plain text; a link opens a page and never decides by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.template.loader import render_to_string

from notifications.messages.facts import address


@dataclass(frozen=True)
class Notice:
    """One e-mail. `subject` begins with the state; `pairs` are terms and words, `evidence` gates by word."""

    subject: str
    headline: str
    lead: str
    action_url: str
    action_word: str
    why: str
    eyebrow: str = ""
    pairs: Sequence[tuple[str, str]] = ()
    evidence: Sequence[tuple[str, str, str]] = ()
    evidence_title: str = ""
    quote: str = ""
    now: str = ""
    after: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def payload(self) -> dict[str, Any]:
        """What a delivery keeps: rendered, so that it says what was so when it was written."""
        given = {
            "notice": self,
            "subject": self.subject,
            "action_url": self.action_url,
            "action_word": self.action_word,
            "choose_url": address("/me/notifications/"),
        }
        return {
            "subject": self.subject,
            "text": render_to_string("notifications/mail/notice.txt", given),
            "html": render_to_string("notifications/mail/notice.html", given),
        }
