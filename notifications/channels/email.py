"""E-mail; the key travels as Message-ID, by which receivers know a repetition."""

import smtplib
from urllib.parse import quote, urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications.channels.base import Doubtful, Parcel, Permanent, Receipt, Transient, Trouble


def message_id(key: str) -> str:
    """The key as the left part of a Message-ID; `%` and digits are allowed there."""
    host = urlsplit(settings.GATEHOUSE_URL).hostname or "gatehouse.invalid"
    return f"<{quote(key, safe='')}@{host}>"


class Email:
    """One message to one address."""

    name = "email"
    pace_s = 0.0

    def repeats_safely(self, parcel: Parcel) -> bool:
        return True

    def find(self, parcel: Parcel) -> Receipt | None:
        return None

    def send(self, parcel: Parcel) -> Receipt:
        identifier = message_id(parcel.key)
        message = EmailMultiAlternatives(
            subject=" ".join(parcel.payload["subject"].split())[:200],
            body=parcel.payload["text"],
            to=[parcel.target],
            headers={
                "Message-ID": identifier,
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{settings.GATEHOUSE_URL}/me/notifications/>",
            },
        )
        if parcel.payload.get("html"):
            message.attach_alternative(parcel.payload["html"], "text/html")
        try:
            message.send()
        except smtplib.SMTPException as error:
            raise _refused(error) from error
        except ConnectionRefusedError as error:
            raise Transient("unreachable", "The mail server cannot be reached.") from error
        except OSError as error:
            raise Doubtful(
                "no_answer", f"The mail server gave no answer ({type(error).__name__})."
            ) from error
        return Receipt(ts=identifier)


def _refused(error: smtplib.SMTPException) -> Trouble:
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return Doubtful("disconnected", "The mail server hung up.")
    status, text = 0, str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        status, raw = next(iter(error.recipients.values()))
        text = raw.decode("utf-8", "replace")
    elif isinstance(error, smtplib.SMTPResponseException):
        status, text = error.smtp_code, str(error.smtp_error)
    sentence = f"The mail server refuses ({status}): {text}"
    return Permanent(f"smtp_{status}", sentence) if status >= 500 else Transient(f"smtp_{status}", sentence)
