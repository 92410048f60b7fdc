from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from tenuto.devstack.catcher import MailCatcher
from tenuto.devstack.mail_log import MailLog, parse


def a_mail(subject: str = "Ihre Flöße") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Mia Sender <mia@sender.example>"
    mail["To"] = "Ada <ada@prospect.example>"
    mail["Subject"] = subject
    mail["Message-ID"] = "<m1@sender.example>"
    mail["X-Tenuto-Token"] = "tok-1"
    mail.set_content("Grüße\n.\nend\n")
    return mail


async def send(catcher: MailCatcher, mail: EmailMessage, *recipients: str) -> None:
    host, port = catcher.address
    to = recipients or ("ada@prospect.example",)
    await aiosmtplib.send(
        mail, sender="b+1@bounce.example", recipients=to, hostname=host, port=port
    )


async def test_a_mail_is_kept_whole_with_its_envelope(catcher: MailCatcher) -> None:
    await send(catcher, a_mail())
    (mail,) = await catcher.wait_for(1)
    assert mail.envelope_from == "b+1@bounce.example"
    assert mail.recipients == ("ada@prospect.example",)
    assert (mail.subject, mail.message_id, mail.token) == (
        "Ihre Flöße",
        "<m1@sender.example>",
        "tok-1",
    )
    assert parse(catcher.log.raw(mail)).get_content().replace("\r\n", "\n") == "Grüße\n.\nend\n"


async def test_mails_are_still_there_after_a_restart(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path)
    url = await catcher.start()
    await send(catcher, a_mail("first"))
    await catcher.stop()
    again = MailCatcher(tmp_path, port=catcher.address[1])
    assert await again.start() == url
    await send(again, a_mail("second"))
    await again.stop()
    assert [mail.subject for mail in again.mails] == ["first", "second"]
    assert [mail.number for mail in MailLog(tmp_path).mails] == [1, 2]


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path: Path) -> None:
    MailLog(tmp_path).add("", ["ada@prospect.example"], b"Subject: whole\r\n\r\n")
    with (tmp_path / "mails.jsonl").open("a") as log:
        log.write('{"number": 2, "at"')
    MailLog(tmp_path).add("", ["ada@prospect.example"], b"Subject: next\r\n\r\n")
    assert [mail.subject for mail in MailLog(tmp_path).mails] == ["whole", "next"]


async def test_the_policy_refuses_at_rcpt(tmp_path: Path) -> None:
    def nobody_but_ada(recipient: str) -> str | None:
        return None if recipient.startswith("ada@") else "550 5.1.1 No such user"

    async with MailCatcher(tmp_path, policy=nobody_but_ada) as catcher:
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await send(catcher, a_mail(), "bob@prospect.example")
        assert refused.value.recipients[0].code == 550
        assert refused.value.recipients[0].message == "5.1.1 No such user"
        await send(catcher, a_mail(), "ada@prospect.example")
        assert [mail.recipients for mail in catcher.mails] == [("ada@prospect.example",)]


async def test_it_stops_while_a_client_is_connected(tmp_path: Path) -> None:
    async with MailCatcher(tmp_path) as catcher:
        host, port = catcher.address
        client = aiosmtplib.SMTP(hostname=host, port=port)
        await client.connect()
        await client.ehlo()
        assert client.supports_extension("8bitmime")
        assert client.supports_extension("smtputf8")
    client.close()
