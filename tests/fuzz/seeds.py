"""Mails to mutate: one of each kind that comes back, and what an attacker would send."""

from base64 import b64encode
from collections.abc import Callable
from random import Random

from tests.mails import OURS, dsn, raw, report

_TOKEN = "a" * 26 + ".0." + "b" * 16


def ordinary() -> list[bytes]:
    """Small mails of each kind."""
    quoted = "On Tue, 3 Mar 2026 at 10:00, Anna <anna@sender.example> wrote:\n> Hello\n\n-- \nPat\n"
    page = (
        '<p>Yes</p><div class="gmail_quote"><div class="gmail_attr">On Tue Anna wrote:</div>'
        "<blockquote>Hello</blockquote>No</div><div id=Signature>Pat</div>"
    )
    header = "From: Anna\nSent: 2026-03-03 10:00\nTo: Pat\nSubject: Hello\n\nHello"
    return [
        raw("Yes, let’s talk.", In_Reply_To=OURS, References=f"<m0@x.y> {OURS}"),
        raw(f"Yes.\n\n{quoted}", In_Reply_To=OURS),
        raw(f"Yes.\n\n________________\n{header}"),
        raw("Please remove me, Pat has left the company. Write to maria@firm.example instead."),
        raw("Ich bin bis zum 16. März nicht im Büro.", Subject="=?utf-8?q?Abwesenheit_=C3=BC?="),
        raw("I am away until March 16, 2026.", Auto_Submitted="auto-replied", Precedence="bulk"),
        raw("不在です。3月16日まで。", charset="iso-2022-jp", Subject="=?iso-2022-jp?B?GyRCSVo=?="),
        raw(page, Content_Type="text/html; charset=utf-8"),
        raw(_alternative(page), Content_Type='multipart/alternative; boundary="edge"'),
        raw(b64encode(b"Yes\r\n" * 20).decode(), Content_Transfer_Encoding="base64"),
        raw("Yes=20=\n=E2=82=AC=\n", Content_Transfer_Encoding="quoted-printable"),
        raw("begin 644 a.txt\n#9F]O\n`\nend", Content_Transfer_Encoding="x-uuencode"),
        raw(_signed(), Content_Type='multipart/signed; protocol=x; boundary="edge"'),
        raw("MIIB" * 30, Content_Type="application/pkcs7-mime; smime-type=enveloped-data"),
        dsn(returned=f"X-Tenuto-Token:\n {_TOKEN}\nMessage-ID: {OURS}"),
        dsn("4.2.2", "smtp; 452 4.2.2 Mailbox full", action="delayed"),
        dsn("", "", text=f"Hi. This is the qmail-send program\n<pat@firm.example>:\n> {OURS}"),
        report("feedback-report", "Feedback-Type: abuse\nOriginal-Rcpt-To: <pat@firm.example>\n"),
        report("disposition-notification", "Disposition: automatic-action/MDN-sent; deleted\n"),
        raw(dsn().decode(), Content_Type="message/rfc822", Subject="Fwd: Undelivered"),
        nested(5),
    ]


def _alternative(page: str) -> str:
    plain = "--edge\nContent-Type: text/plain\n\nYes\n"
    return f"{plain}--edge\nContent-Type: text/html; charset=latin-1\n\n{page}\n--edge--"


def _signed() -> str:
    plain = "--edge\nContent-Type: text/plain\n\nYes\n"
    return f"{plain}--edge\nContent-Type: application/pkcs7-signature\n\nMIIB\n--edge--"


def nested(depth: int) -> bytes:
    """Multiparts inside one another."""
    part = b"Content-Type: text/plain\n\nx\n"
    for level in range(depth):
        edge = b"edge%d" % level
        head = b'Content-Type: multipart/mixed; boundary="' + edge + b'"\n\n'
        part = head + b"--" + edge + b"\n" + part + b"\n--" + edge + b"--\n"
    return b"From: pat@firm.example\nSubject: deep\n" + part


def _forwarded(depth: int) -> bytes:
    """Mails inside one another."""
    return b"Content-Type: message/rfc822\n\n" * depth + b"Subject: x\n\nx"


def _wide(parts: int, kind: bytes) -> bytes:
    body = (b"--e\nContent-Type: " + kind + b"\n\nFinal-Recipient: rfc822; a@b.c\n") * parts
    return b'From: pat@firm.example\nContent-Type: multipart/report; boundary="e"\n\n' + body


def _fields(count: int) -> bytes:
    return b"Subject: x\nReferences: <a@b>\nReceived: from a by b; x\n" * count + b"\nx"


def _line(length: int) -> bytes:
    return b"From: a@b.c\nSubject: x\n\n" + b"On 3/3/2026 10:00 <a@b.c> wrote " * (length // 32)


#: What costs a reader most, by how much of it.
HOSTILE: tuple[Callable[[Random], bytes], ...] = (
    lambda chance: nested(chance.randrange(30, 2000)),
    lambda chance: _forwarded(chance.randrange(30, 5000)),
    lambda _: _wide(10_000, b"text/plain"),
    lambda _: _wide(10_000, b"message/delivery-status"),
    lambda _: _wide(2_000, b"text/html"),
    lambda chance: _fields(chance.randrange(100, 5000)),
    lambda chance: _line(chance.randrange(1000, 1_000_000)),
    lambda chance: b"Subject: x\n\n" + b"\n" * chance.randrange(1_000_000),
    lambda chance: b"X: y\n" * chance.randrange(100_000) + b"\n",
    lambda chance: b"References: " + b"<a@b> " * chance.randrange(100_000) + b"\n\n",
    lambda chance: b"Subject: " + b"=?utf-8?q?=FF?= " * chance.randrange(50_000) + b"\n\n",
    lambda chance: b"To: " + b"a@b, " * chance.randrange(100_000) + b"\n\n",
    lambda chance: b"From: " + b"(" * chance.randrange(5000) + b"\n\n",
    lambda chance: _encoded(b"A" * chance.randrange(1_000_000)),
    lambda chance: _page(chance, chance.choice(["<a ", "<div>", "<!--", "&#", "<b><i>"])),
    lambda chance: _pages(chance.choice([b"<div>", b"<br>", b"<i><div></i></div>"])),
    lambda chance: _words(chance, chance.choice(["until ", "> ", "user ", "From: a\n", "a@b.c "])),
)  # fmt: skip


def _encoded(data: bytes) -> bytes:
    return b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n" + b64encode(data)


def _page(chance: Random, piece: str) -> bytes:
    return raw(piece * (chance.randrange(100_000) // len(piece)), Content_Type="text/html")


def _pages(piece: bytes) -> bytes:
    part = b"--e\nContent-Type: text/html\n\n" + piece * (65_000 // len(piece)) + b"\n"
    return b'From: a@b.c\nContent-Type: multipart/mixed; boundary="e"\n\n' + part * 16


def _words(chance: Random, piece: str) -> bytes:
    return raw(piece * (chance.randrange(100_000) // len(piece)), From="MAILER-DAEMON@mx.example")
