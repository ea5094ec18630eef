"""The SMTP side: takes every mail, unless a test ordered otherwise."""

import asyncio
import socket
import threading

from aiosmtpd.smtp import SMTP, Envelope, Session

from demo.mailbox.mail import Mailbox

MAX_BYTES = 10_000_000
READY_S = 5.0


class SmtpServer:
    """Runs in a thread of its own; the port is taken from the first moment to `stop`."""

    def __init__(self, mailbox: Mailbox, *, port: int, host: str) -> None:
        self._mailbox = mailbox
        self._socket = socket.create_server((host, port))
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._failures: list[str] = []
        self._rejected: set[str] = set()
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="smtp", daemon=True)
        self._thread.start()
        self._ready.wait(READY_S)

    def stop(self) -> None:
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopped.set)
            self._thread.join(READY_S)
        self._socket.close()

    def fail_next(self, count: int, answer: str) -> None:
        """Answer the next mails with this instead of taking them, for instance "451 4.3.0 Try later"."""
        with self._lock:
            self._failures += [answer] * count

    def reject(self, address: str) -> None:
        """From now on nobody lives at `address`."""
        with self._lock:
            self._rejected.add(address)

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        with self._lock:
            if address in self._rejected:
                return "550 5.1.1 Nobody here has that address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        with self._lock:
            if self._failures:
                return self._failures.pop(0)
        raw = envelope.original_content or b""
        self._mailbox.add(sender=envelope.mail_from or "", to=envelope.rcpt_tos, raw=raw)
        return "250 2.0.0 Kept"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        server = await self._loop.create_server(
            lambda: SMTP(self, data_size_limit=MAX_BYTES, hostname="mailbox.example.test"), sock=self._socket
        )
        self._ready.set()
        await self._stopped.wait()
        server.close()
