"""Received mails, as files and as what is in them."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from pathlib import Path

KEPT = 500
SUFFIX = ".eml"


@dataclass(frozen=True)
class Mail:
    """One mail as it was received. `to` is the envelope's: who really gets it."""

    id: str
    sender: str
    to: tuple[str, ...]
    raw: bytes
    at: float
    """Seconds since 1970."""

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)

    def header(self, name: str) -> str:
        """A header, "" when there is none."""
        return str(self.message.get(name, "") or "")

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @property
    def message_id(self) -> str:
        return self.header("Message-ID")

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        body = self.message.get_body((kind,))
        if body is None:
            return ""
        try:
            return str(body.get_content())
        except (LookupError, ValueError):
            return ""


class Mailbox:
    """Mails in a folder, one file each, or in memory without one; the newest 500 are kept.

    A file begins with two lines of our own, the envelope.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._changed = threading.Condition()
        self._mails: dict[str, Mail] = {}
        self._number = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.glob(f"*{SUFFIX}"))[-KEPT:]:
                self._mails[path.stem] = _read(path)

    def add(self, *, sender: str, to: Sequence[str], raw: bytes) -> Mail:
        """Keep one mail; it is on disk when this returns."""
        at = time.time()
        with self._changed:
            self._number += 1
            mail = Mail(f"{int(at * 1000):013d}-{self._number:06d}", sender, tuple(to), raw, at)
            if self._folder is not None:
                _write(self._folder, mail)
            self._mails[mail.id] = mail
            while len(self._mails) > KEPT:
                self._forget(next(iter(self._mails)))
            self._changed.notify_all()
        return mail

    def all(self) -> list[Mail]:
        """Oldest first."""
        with self._changed:
            return list(self._mails.values())

    def find(self, mail_id: str) -> Mail | None:
        with self._changed:
            return self._mails.get(mail_id)

    def wait_for(self, count: int, *, timeout_s: float) -> list[Mail]:
        """The mails, once there are `count`. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._mails) >= count, timeout_s):
                raise TimeoutError(f"{len(self._mails)} of {count} mails after {timeout_s:g} s")
            return list(self._mails.values())

    def _forget(self, mail_id: str) -> None:
        del self._mails[mail_id]
        if self._folder is not None:
            (self._folder / f"{mail_id}{SUFFIX}").unlink(missing_ok=True)


def _write(folder: Path, mail: Mail) -> None:
    envelope = f"X-Envelope-From: {mail.sender}\r\nX-Envelope-To: {', '.join(mail.to)}\r\n".encode()
    unfinished = folder / f"{mail.id}.part"
    unfinished.write_bytes(envelope + mail.raw)
    unfinished.rename(folder / f"{mail.id}{SUFFIX}")


def _read(path: Path) -> Mail:
    first, second, raw = path.read_bytes().split(b"\r\n", 2)
    sender = first.decode(errors="replace").partition(": ")[2]
    to = second.decode(errors="replace").partition(": ")[2]
    return Mail(path.stem, sender, tuple(to.split(", ")), raw, int(path.stem.split("-")[0]) / 1000)
