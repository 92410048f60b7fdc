"""The header of a letter."""

import re
from email.utils import format_datetime
from urllib.parse import quote

from tenuto.domain.errors import InputError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner
from tenuto.mail import header_field
from tenuto.mail.letter import LetterOrder, MailboxIdentity

#: Where each mail names its send, for bounces that return no more than the header.
TOKEN_FIELD = "X-Tenuto-Token"  # noqa: S105  a field's name
#: Message-IDs in References: a thread's first and its latest ones sort a mail in everywhere.
REFERENCES_MAX = 20

_URL = re.compile(r"https?://[!-;=?-~]+")
_REPLY = re.compile(r"re\s*:", re.IGNORECASE)


def unsubscribe_url(public_url: str, signer: TokenSigner, ref: SendRef) -> str:
    """The page that stops the mails of this send's contact."""
    if not _URL.fullmatch(public_url):
        raise InputError("the public URL must be like `https://mail.example.com`; correct it")
    return f"{public_url.rstrip('/')}/u/{signer.token(Purpose.UNSUBSCRIBE, ref)}"


def domain(mailbox: MailboxIdentity) -> str:
    """The mailbox's own, which names its Message-IDs too."""
    return mailbox.address.rpartition("@")[2]


def subject(order: LetterOrder) -> str:
    """The letter's own, or `Re:` to the conversation's."""
    if order.thread is None or not parents(order):
        return header_field.one_line(order.rendered.subject)
    first = header_field.one_line(order.thread.subject)
    return first if _REPLY.match(first) else f"Re: {first}"


def parents(order: LetterOrder) -> list[str]:
    """Message-IDs that the letter answers, oldest first."""
    found = header_field.message_ids(order.thread.message_ids if order.thread else ())
    return found if len(found) <= REFERENCES_MAX else found[:1] + found[1 - REFERENCES_MAX :]


def fields(order: LetterOrder, signer: TokenSigner, message_id: str) -> list[str]:
    """Every field but those of MIME, folded, without the last line end."""
    mailbox, token = order.mailbox, signer.token(Purpose.HEADER, order.ref)
    return [
        header_field.mailbox("From", mailbox.name, mailbox.address),
        header_field.mailbox("To", order.recipient.name, order.recipient.address),
        *_reply_to(order, signer),
        header_field.unstructured("Subject", subject(order)),
        f"Date: {format_datetime(order.sent_date)}",
        header_field.tokens("Message-ID", [message_id]),
        *_thread(order),
        *(_list_unsubscribe(order, signer) if order.list_unsubscribe else ()),
        header_field.tokens("Feedback-ID", [f"{token}:tenuto"]),
        # Not `All`: we want to know who is out of office.
        "X-Auto-Response-Suppress: DR, RN, NRN",
        header_field.tokens(TOKEN_FIELD, [token]),
    ]


def _reply_to(order: LetterOrder, signer: TokenSigner) -> list[str]:
    if not order.mailbox.capabilities.reply_tag:
        return []
    local_part, _, at = order.mailbox.address.rpartition("@")
    tagged = signer.reply_local_part(order.ref, local_part)
    name = order.mailbox.name
    return [header_field.mailbox("Reply-To", name, f"{tagged}@{at}")] if tagged else []


def _thread(order: LetterOrder) -> list[str]:
    found = parents(order)
    if not found:
        return []
    return [
        header_field.tokens("In-Reply-To", found[-1:]),
        header_field.tokens("References", found),
    ]


def _list_unsubscribe(order: LetterOrder, signer: TokenSigner) -> list[str]:
    url = unsubscribe_url(order.public_url, signer, order.ref)
    address, words = order.mailbox.address, "unsubscribe"
    if order.mailbox.capabilities.verp:
        address = f"{signer.unsubscribe_local_part(order.ref)}@{domain(order.mailbox)}"
    else:
        # The mailbox's own address can't bear the token, which proves who asks.
        words = f"unsubscribe {signer.token(Purpose.UNSUBSCRIBE, order.ref)}"
    mailto = f"mailto:{quote(address, safe='@+')}?subject={quote(words)}"
    return [
        header_field.tokens("List-Unsubscribe", [f"<{url}>,", f"<{mailto}>"]),
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ]
