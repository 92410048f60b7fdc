from datetime import UTC, date, datetime
from email.message import EmailMessage, Message

import pytest

from tenuto.devstack.mail_log import parse
from tenuto.devstack.prospects import (
    Answer,
    Original,
    bounce,
    complaint,
    one_click_url,
    out_of_office,
    reply,
)
from tenuto.domain.errors import InputError

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
RETURN_PATH = "b+tok@bounce.example"
MAIL = b"""\
From: "M\xc3\xa4x Sender" <max@sender.example>
To: ada@prospect.example
Reply-To: Max <r+tok@sender.example>
Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=
Message-ID: <m1@sender.example>
References: <m0@sender.example>
X-Tenuto-Token: tok
List-Unsubscribe: <mailto:u@sender.example>,
 <https://u.example/x?t=1>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9fe
.
End
""".replace(b"\n", b"\r\n")
ORIGINAL = Original(RETURN_PATH, "ada@prospect.example", MAIL)


def read(answer: Answer) -> EmailMessage:
    mail = parse(answer.raw)
    assert not any(part.defects for part in mail.walk())
    assert all(len(line) <= 998 for line in answer.raw.split(b"\r\n"))
    assert answer.raw.count(b"\n") == answer.raw.count(b"\r\n")
    return mail


def parts(mail: EmailMessage) -> list[Message]:
    return [part for part in mail.get_payload() if isinstance(part, Message)]


def test_a_reply_goes_to_reply_to_in_the_thread() -> None:
    answer = reply(ORIGINAL, NOW, "Ja, schön")
    mail = read(answer)
    assert (answer.envelope_from, answer.recipient) == (
        "ada@prospect.example",
        "r+tok@sender.example",
    )
    assert mail["From"] == "ada@prospect.example"
    assert mail["To"] == "r+tok@sender.example"
    assert mail["Subject"] == "Re: Grüße"
    assert mail["In-Reply-To"] == "<m1@sender.example>"
    assert mail["References"] == "<m0@sender.example> <m1@sender.example>"
    assert "Auto-Submitted" not in mail
    text = mail.get_content().replace("\r\n", "\n")
    assert text.startswith("Ja, schön\n\n")
    assert "> Schöne Grüße\n> .\n" in text


def test_a_reply_without_reply_to_goes_to_from_and_keeps_one_re() -> None:
    raw = MAIL.replace(b"Reply-To:", b"X-Was:").replace(b"Subject: ", b"Subject: RE: Re: ")
    answer = reply(Original(RETURN_PATH, "ada@prospect.example", raw), NOW, "Yes")
    assert answer.recipient == "max@sender.example"
    assert read(answer)["Subject"] == "Re: Grüße"


def test_an_out_of_office_notice_answers_the_return_path_from_the_null_one() -> None:
    answer = out_of_office(ORIGINAL, NOW, date(2026, 12, 1))
    mail = read(answer)
    assert (answer.envelope_from, answer.recipient) == ("", RETURN_PATH)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["Subject"] == "Automatic reply: Grüße"
    assert mail["In-Reply-To"] == "<m1@sender.example>"
    assert "I am back on December 1, 2026." in mail.get_content()


def test_a_bounce_is_a_delivery_status_notification() -> None:
    answer = bounce(ORIGINAL, NOW)
    mail = read(answer)
    assert (answer.envelope_from, answer.recipient) == ("", RETURN_PATH)
    assert mail.get_content_type() == "multipart/report"
    assert mail.get_param("report-type") == "delivery-status"
    text, status, headers = parts(mail)
    assert text.get_content_type() == "text/plain"
    per_message, per_recipient = (
        block for block in status.get_payload() if isinstance(block, Message)
    )
    assert str(per_message["Reporting-MTA"]).startswith("dns;")
    assert per_recipient["Final-Recipient"] == "rfc822; ada@prospect.example"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert headers.get_content_type() == "text/rfc822-headers"
    assert b"X-Tenuto-Token: tok" in answer.raw
    assert b"End" not in answer.raw


def test_a_complaint_is_a_feedback_report_with_the_mail_as_it_was() -> None:
    answer = complaint(ORIGINAL, NOW)
    mail = read(answer)
    assert answer.recipient == RETURN_PATH
    assert mail.get_param("report-type") == "feedback-report"
    _, feedback, original = parts(mail)
    assert feedback.get_content_type() == "message/feedback-report"
    assert b"Feedback-Type: abuse\r\n" in answer.raw
    assert b"Original-Rcpt-To: <ada@prospect.example>\r\n" in answer.raw
    assert original.get_content_type() == "message/rfc822"
    assert MAIL in answer.raw


@pytest.mark.parametrize("answered", [bounce, complaint])
def test_nothing_answers_the_null_return_path(answered: object) -> None:
    assert callable(answered)
    with pytest.raises(InputError, match="null return path"):
        answered(Original("", "ada@prospect.example", MAIL), NOW)


def test_the_one_click_url_is_found_beside_the_mailto() -> None:
    assert one_click_url(MAIL) == "https://u.example/x?t=1"


def test_without_list_unsubscribe_post_there_is_no_one_click() -> None:
    assert one_click_url(MAIL.replace(b"List-Unsubscribe-Post", b"X-Other")) is None


def test_answers_are_the_same_for_the_same_mail_and_moment() -> None:
    assert bounce(ORIGINAL, NOW) == bounce(ORIGINAL, NOW)
    assert bounce(ORIGINAL, NOW).raw != bounce(ORIGINAL, NOW.replace(second=1)).raw
