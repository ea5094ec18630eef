"""The mailbox in the browser."""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape

from demo.mailbox.mail import Mail
from demo.page import document

PROGRAM = "Local mailbox"


def index(mails: Sequence[Mail], *, to: str) -> str:
    """All mails, newest first; `to` keeps those of one address."""
    shown = [mail for mail in reversed(mails) if not to or to in mail.to]
    lines = "".join(
        f"<tr><td>{_clock(mail)}</td><td>{_addresses(mail)}</td>"
        f'<th scope="row"><a href="/m/{mail.id}">{escape(mail.subject or "(no subject)")}</a></th></tr>'
        for mail in shown
    )
    table = (
        '<div class="wide" tabindex="0" role="region" aria-label="Mails"><table><thead><tr>'
        '<th scope="col">Received</th><th scope="col">To</th><th scope="col">Subject</th></tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )
    of = f" of {escape(to)}" if to else ""
    every = ' <a href="/">Show all</a>' if to else ""
    body = (
        f'<main id="main" class="page"><h1>Mailbox{of}</h1>'
        f"<p>Every mail that Gatehouse sends on this machine ends here.{every}</p>"
        f'<div id="mails" class="panel" data-live="3">{table if shown else "<p>No mail yet.</p>"}</div>'
        "</main>"
    )
    return document(title=PROGRAM, program=PROGRAM, body=body, refresh_s=10)


def one(mail: Mail) -> str:
    """One mail: its headers, its HTML in a sandbox, its text."""
    named = ("From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "List-Unsubscribe", "Reply-To")
    headers = "".join(
        f"<dt>{name}</dt><dd>{escape(mail.header(name))}</dd>" for name in named if mail.header(name)
    )
    html = (
        '<h2>As a reader sees it</h2><iframe sandbox="allow-popups" title="The mail"'
        f' src="/m/{mail.id}/html"></iframe>'
        if mail.html
        else ""
    )
    body = (
        f'<main id="main" class="page mail"><p><a href="/">All mails</a></p>'
        f'<h1>{escape(mail.subject or "(no subject)")}</h1><section class="panel"><dl>{headers}'
        f"<dt>Delivered to</dt><dd>{escape(', '.join(mail.to))}</dd></dl>"
        f'<a href="/m/{mail.id}/raw">Source</a></section>'
        f"{html}<h2>As text</h2><pre>{escape(mail.text) or '(no text part)'}</pre></main>"
    )
    return document(title=f"{mail.subject} | {PROGRAM}", program=PROGRAM, body=body)


def _addresses(mail: Mail) -> str:
    return ", ".join(f'<a href="/?to={escape(address)}">{escape(address)}</a>' for address in mail.to)


def _clock(mail: Mail) -> str:
    return f"{datetime.fromtimestamp(mail.at, UTC):%a %d %b, %H:%M:%S} UTC"
