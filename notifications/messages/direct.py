"""A message to one person in Slack: the words of the e-mail, with one link and no decision in it."""

from notifications.messages import blocks
from notifications.messages.mail import Notice
from notifications.messages.text import escape, quoted
from notifications.values import Message


def direct(notice: Notice) -> Message:
    """What happened, why it reaches this person, and where to look."""
    told = list(dict.fromkeys(escape(words) for words in (notice.headline, notice.lead)))
    if told[0] == escape(notice.subject):
        told = told[1:]
    change = [f"*{term}:* {escape(words)}" for term, words in (("Now", notice.now), ("After", notice.after))]
    lines = [*told, quoted(notice.quote) if notice.quote else "", *(change if notice.after else [])]
    parts = [blocks.header(notice.subject)]
    if any(lines):
        parts.append(blocks.section(*lines))
    if notice.pairs:
        parts.append(blocks.fields([(escape(term), escape(words)) for term, words in notice.pairs]))
    button = blocks.button(notice.action_word, "rollout.open", url=notice.action_url, style="primary")
    parts.append(blocks.actions("direct", [button]))
    parts.append(blocks.context(escape(notice.eyebrow), escape(notice.why)))
    return Message(blocks.text(" ".join([f"{escape(notice.subject)}.", *told])), tuple(parts))
