"""The mailbox as one object: for `python -m demo.mailbox` and for tests on ports of their own."""

from pathlib import Path
from typing import Self

from demo import assets
from demo.httpd import HttpServer, Request, Response
from demo.mailbox import pages
from demo.mailbox.mail import Mail, Mailbox
from demo.mailbox.smtp import SmtpServer

_SANDBOX = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data: cid:"
WAIT_S = 10.0


class LocalMailbox:
    """An SMTP server (`smtp_host`, `smtp_port`) and its pages (`url`).

    `folder` keeps the mails over restarts. Raises OSError when a port is taken.
    """

    def __init__(
        self,
        *,
        smtp_port: int = 0,
        port: int = 0,
        host: str = "127.0.0.1",
        folder: Path | None = None,
    ) -> None:
        self._mailbox = Mailbox(folder)
        self._smtp = SmtpServer(self._mailbox, port=smtp_port, host=host)
        self._server = HttpServer(self._answer, port=port, host=host)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def smtp_host(self) -> str:
        return self._smtp.host

    @property
    def smtp_port(self) -> int:
        return self._smtp.port

    def start(self) -> Self:
        self._smtp.start()
        self._server.start()
        return self

    def stop(self) -> None:
        self._server.close()
        self._smtp.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def messages(self, *, to: str = "") -> list[Mail]:
        """Every mail that was taken, oldest first; `to` keeps those of one address."""
        return [mail for mail in self._mailbox.all() if not to or to in mail.to]

    def wait_for(self, count: int, *, timeout_s: float = WAIT_S) -> list[Mail]:
        """The mails, once there are `count`. Raises TimeoutError."""
        return self._mailbox.wait_for(count, timeout_s=timeout_s)

    def fail_next(self, count: int = 1, *, answer: str = "451 4.3.0 Try again later") -> None:
        """Refuse the next mails; nothing is kept of them."""
        self._smtp.fail_next(count, answer)

    def reject(self, address: str) -> None:
        """From now on nobody lives at `address` (550)."""
        self._smtp.reject(address)

    def _answer(self, request: Request) -> Response:
        if request.path.startswith(assets.PREFIX):
            return assets.serve(request.path)
        if request.path == "/healthz":
            return Response.text("alive\n")
        if request.path == "/":
            return Response.html(pages.index(self._mailbox.all(), to=request.query.get("to", "")))
        parts = request.path.strip("/").split("/")
        mail = self._mailbox.find(parts[1]) if parts[0] == "m" and len(parts) in (2, 3) else None
        if mail is None:
            return Response.text("No such mail.\n", 404)
        match parts[2:]:
            case []:
                return Response.html(pages.one(mail))
            case ["html"]:
                policy = (("Content-Security-Policy", _SANDBOX),)
                return Response(200, mail.html.encode(), "text/html; charset=utf-8", policy)
            case ["raw"]:
                return Response(200, mail.raw, "text/plain; charset=utf-8")
        return Response.text("No such page.\n", 404)
