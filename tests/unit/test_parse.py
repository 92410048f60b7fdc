"""Facts out of mail, whatever it is."""

import random
import time
from datetime import date

import pytest

from tenuto.domain.classify import classify
from tenuto.domain.mail_class import SentMail
from tenuto.mail.mime import FIELD_MAX
from tenuto.mail.reply_text import own_words
from tests.mails import NOW, OURS, arrival, dsn, envelope, raw, report


def test_a_reply_says_who_wrote_and_what_it_answers() -> None:
    mail = arrival(
        raw("Yes.\n\nOn Tue, Anna wrote:\n> Hello", In_Reply_To=OURS, References=f"<m0@x.y> {OURS}")
    )
    assert mail.from_address == "pat@firm.example"
    assert (mail.in_reply_to, mail.references) == ((OURS,), ("<m0@x.y>", OURS))
    assert mail.text == "Yes."
    assert "> Hello" in mail.whole_text


def test_a_bounce_says_who_failed_and_returns_our_ids() -> None:
    token = "a" * 26 + ".0." + "b" * 16
    mail = arrival(dsn(returned=f"X-Tenuto-Token:\n {token}\nMessage-ID: {OURS}"), "")
    assert [(s.action, s.status, s.recipients) for s in mail.statuses] == [
        ("failed", "5.1.1", ("pat@firm.example",))
    ]
    assert mail.original.message_ids == (OURS,)
    assert mail.original.tokens == (token,)
    assert mail.null_sender


def test_ids_are_found_in_a_bounce_that_is_only_text() -> None:
    body = f"I could not deliver it.\n\n> Subject: Hello\n> Message-Id: {OURS}\n"
    assert arrival(raw(body)).original.message_ids == (OURS,)


def test_a_report_of_a_complaint_has_a_type() -> None:
    fields = "Feedback-Type: Abuse\nOriginal-Rcpt-To: <pat@firm.example>\n"
    mail = arrival(report("feedback-report", fields, returned=f"Message-ID: {OURS}"))
    assert mail.feedback_type == "abuse"
    assert mail.named_recipients == ("pat@firm.example",)


def test_a_report_inside_a_forwarded_mail_is_not_the_mails_own() -> None:
    inner = dsn().decode().replace("\r\n", "\n")
    mail = arrival(raw(inner, Content_Type="message/rfc822"))
    assert mail.statuses == ()


def test_the_days_of_a_return_are_read_from_subject_and_text() -> None:
    mail = arrival(raw("I am back on March 16, 2026.", Subject="Away until March 13, 2026"))
    assert mail.returns == (date(2026, 3, 13), date(2026, 3, 16))


@pytest.mark.parametrize(
    "quoted",
    [
        "On Tue, 3 Mar 2026 at 10:00, Anna <anna@sender.example> wrote:\n> Hello",
        "On Tue, 3 Mar 2026 at 10:00, Anna\n<anna@sender.example> wrote:\n\nHello",
        "Am 03.03.26 um 10:00 schrieb Anna:\n> Hallo",
        "-----Original Message-----\nFrom: Anna",
        "-- \nPat\nHead of Things",
        "________________________________\nFrom: Anna",
    ],
)
def test_quotes_and_signatures_are_not_the_senders_words(quoted: str) -> None:
    assert own_words(f"Thanks.\n\n{quoted}") == "Thanks."


def test_html_alone_is_read_without_its_quotes() -> None:
    page = (
        "<style>p {}</style><p>Stop&nbsp;it</p>"
        '<div class="gmail_quote"><div>Hello</div>Hello</div><p>Pat</p>'
    )
    assert arrival(raw(page, Content_Type="text/html")).text == "Stop it\n\nPat"


def test_the_same_mail_has_one_key_by_whatever_way_it_came() -> None:
    mail = raw("Yes")
    again = b"Received: from relay.example\r\n" + mail.replace(b"\r\n", b"\n")
    assert arrival(mail).natural_key == arrival(again, "", "x@y.example").natural_key


def test_another_body_under_the_same_message_id_is_another_mail() -> None:
    assert arrival(raw("Yes")).natural_key != arrival(raw("No")).natural_key


@pytest.mark.parametrize(
    "mail",
    [
        b"",
        b"\x00" * 1000,
        b"\r\n" * 1000,
        b"From",
        b"Subject: =?utf-8?b?/////?= =?no-such-charset?q?=FF=00?=\n\nx",
        raw("x", charset="no-such-charset"),
        raw("x", Content_Type='text/plain; charset="\xff\x00"'),
        raw("x", Content_Type="multipart/mixed"),
        raw("x", Content_Type="message/delivery-status"),
        raw("=" * 500, Content_Transfer_Encoding="base64"),
        raw("x", From="@@@<<>>,,;;", Message_ID="<<<>>>", References="<" * 5000),
        raw("x", Subject="a" * 100_000),
        raw("x", From="(" * 4000 + "pat@firm.example"),
        raw("<![x" * 1000, Content_Type="text/html"),
    ],
)
def test_broken_mail_is_read_as_far_as_it_goes(mail: bytes) -> None:
    read = arrival(mail)
    assert read.whole_text != "unreadable"
    assert len(read.subject) <= FIELD_MAX
    assert "\0" not in read.whole_text + read.subject + read.from_address


def nested(depth: int) -> bytes:
    part = b"Content-Type: text/plain\n\nx\n"
    for level in range(depth):
        edge = b"edge%d" % level
        head = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\n\n'
        part = head + b"--" + edge + b"\n" + part + b"\n--" + edge + b"--\n"
    return b"From: pat@firm.example\nSubject: deep\n" + part


def wide(parts: int) -> bytes:
    body = b"--e\nContent-Type: text/plain\n\nx\n" * parts
    return b'From: pat@firm.example\nContent-Type: multipart/mixed; boundary="e"\n\n' + body


@pytest.mark.parametrize(
    "mail",
    [
        nested(2000),
        wide(10_000),
        b"Subject: long\n\n" + b"a" * 10_000_000,
        b"Subject: many\n\n" + b"\n" * 1_000_000,
        b"References: " + b"<a@b> " * 100_000 + b"\n\n",
        b"\n\n" + b"> " * 500_000,
        raw("until " * 50_000),
        raw("on " + "x" * 60_000 + " wrote"),
        raw("user " * 12_000, From="MAILER-DAEMON@x.example", Subject="Undelivered"),
        raw("message could not be " * 3000, From="postmaster@x.example", Subject="Undelivered"),
        raw("a@b.example " * 5000, From="MAILER-DAEMON@x.example", Subject="Undelivered"),
        raw("click http " * 6000, From="MAILER-DAEMON@x.example", Subject="Undelivered"),
        raw("until 3 march " * 4000, Auto_Submitted="auto-replied"),
        raw("je suis absence " * 4000, Auto_Submitted="auto-replied"),
        raw("x", Subject="deliver" * 1000),
        b"Received: from a by b\n" * 45_000 + b"\nx",
    ],
    ids=[
        "deep",
        "wide",
        "long",
        "lines",
        "references",
        "quotes",
        "dates",
        "attribution",
        "words",
        "failures",
        "addresses",
        "links",
        "returns",
        "absences",
        "subject",
        "fields",
    ],
)
def test_hostile_mail_costs_little(mail: bytes) -> None:
    began = time.process_time()
    classify(arrival(mail, ""), SentMail("x", "pat@firm.example"))
    assert time.process_time() - began < 5


def test_no_mutation_of_a_mail_raises() -> None:
    chance = random.Random(20260304)  # noqa: S311 - the same mutations each time
    seeds = [
        raw("Yes", In_Reply_To=OURS),
        dsn(),
        report("feedback-report", "Feedback-Type: abuse\n"),
        raw("I am away until March 16, 2026.", Auto_Submitted="auto-replied"),
        nested(5),
    ]
    for _ in range(400):
        mail = bytearray(chance.choice(seeds))
        for _ in range(chance.randrange(1, 12)):
            at = chance.randrange(len(mail))
            piece = chance.choice([b"", b"\n\n", b"\xff", b"\0", b"=?", b'"', b"--edge\n", b";"])
            mail[at : at + chance.randrange(4)] = piece
        read = arrival(bytes(mail), chance.choice(["", "pat@firm.example"]))
        assert read.whole_text != "unreadable", bytes(mail)
        classify(read, chance.choice([None, SentMail("Hello Pat", "pat@firm.example")]))


def test_the_envelope_is_kept() -> None:
    assert arrival(raw()).envelope == envelope()
    assert arrival(raw()).envelope.received_at == NOW
