import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo.fleet.calls import Client, Reply
from demo.mailbox.server import LocalMailbox


@pytest.fixture
def mailbox() -> Iterator[LocalMailbox]:
    with LocalMailbox() as running:
        yield running


def mail(
    subject: str = "Halted: Orders v3 – stage 2", *, to: str = "mina.okafor@example.test"
) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Gatehouse <gatehouse@example.test>", to, subject
    message["Message-ID"] = "<delivery-17@gatehouse.example.test>"
    message.set_content("Stage 2 has halted.\n.\nä")
    message.add_alternative("<h1>Halted</h1><script>alert(1)</script>", subtype="html")
    return message


def send(mailbox: LocalMailbox, message: EmailMessage) -> None:
    with smtplib.SMTP(mailbox.smtp_host, mailbox.smtp_port, timeout=5) as smtp:
        smtp.send_message(message)


def get(mailbox: LocalMailbox, path: str) -> Reply:
    client = Client(mailbox.url, timeout_s=5)
    reply = client.call("GET", path)
    client.close()
    return reply


def test_a_mail_is_kept_as_it_was_sent(mailbox: LocalMailbox) -> None:
    send(mailbox, mail())
    (kept,) = mailbox.wait_for(1)
    assert kept.subject == "Halted: Orders v3 – stage 2"
    assert kept.message_id == "<delivery-17@gatehouse.example.test>"
    assert (kept.sender, kept.to) == ("gatehouse@example.test", ("mina.okafor@example.test",))
    assert kept.text.splitlines() == ["Stage 2 has halted.", ".", "ä"]
    assert "<h1>Halted</h1>" in kept.html


def test_mails_are_filtered_by_whom_they_are_for(mailbox: LocalMailbox) -> None:
    send(mailbox, mail(to="mina.okafor@example.test"))
    send(mailbox, mail(to="tomas.rey@example.test"))
    assert [m.to for m in mailbox.messages(to="tomas.rey@example.test")] == [("tomas.rey@example.test",)]


def test_a_failure_keeps_nothing_and_the_next_try_is_taken(mailbox: LocalMailbox) -> None:
    mailbox.fail_next()
    with pytest.raises(smtplib.SMTPDataError) as error:
        send(mailbox, mail())
    assert error.value.smtp_code == 451
    assert mailbox.messages() == []
    send(mailbox, mail())
    assert len(mailbox.messages()) == 1


def test_a_rejected_address_is_unknown(mailbox: LocalMailbox) -> None:
    mailbox.reject("mina.okafor@example.test")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(mailbox, mail())


def test_mails_survive_a_restart(tmp_path: Path) -> None:
    with LocalMailbox(folder=tmp_path) as mailbox:
        send(mailbox, mail())
        (before,) = mailbox.messages()
    (tmp_path / "0-unfinished.part").write_bytes(b"half")
    with LocalMailbox(folder=tmp_path) as again:
        (after,) = again.messages()
        assert (after.id, after.raw, after.sender, after.to) == (
            before.id,
            before.raw,
            before.sender,
            before.to,
        )


def test_the_pages_list_mails_and_show_html_in_a_sandbox(mailbox: LocalMailbox) -> None:
    assert b"No mail yet." in get(mailbox, "/").body
    send(mailbox, mail("<b>Halted</b>"))
    (kept,) = mailbox.messages()
    index, page = get(mailbox, "/").body, get(mailbox, f"/m/{kept.id}").body
    assert b"&lt;b&gt;Halted&lt;/b&gt;" in index
    assert b'<iframe sandbox="allow-popups"' in page
    html = get(mailbox, f"/m/{kept.id}/html")
    assert html.headers["content-security-policy"].startswith("sandbox")
    assert get(mailbox, f"/m/{kept.id}/raw").body == kept.raw
    assert get(mailbox, "/m/nothing").status == 404
