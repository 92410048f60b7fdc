"""Makes a letter out of an order. No clock, no chance: the same order makes the same bytes."""

import hashlib
import html
import re
from email import policy
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage

from tenuto.domain.errors import InputError
from tenuto.domain.ids import TokenSigner
from tenuto.mail import headers
from tenuto.mail.header_field import checked_address, one_line
from tenuto.mail.letter import Letter, LetterOrder
from tenuto.mail.signature import DkimKey, signed

_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)


class _Registry(HeaderRegistry):
    """Python's own makes a class for each header of each mail: the same few, over and over."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, type[BaseHeader]] = {}

    def __getitem__(self, name: str) -> type[BaseHeader]:
        if name not in self._made:
            self._made[name] = super().__getitem__(name)
        return self._made[name]


# 7 bit: no server on the way need recode it, which would break the signature.
_POLICY = policy.SMTP.clone(cte_type="7bit", header_factory=_Registry())


def compose(order: LetterOrder, signer: TokenSigner, dkim: DkimKey | None) -> Letter:
    """The letter, signed if there is a key and the mailbox wants it.

    `InputError` for an address, URL or key that can't be used; nothing was sent then.
    """
    capabilities = order.mailbox.capabilities
    sender = checked_address(order.mailbox.address, "the mailbox's")
    if not sender.isascii():
        raise InputError("the mailbox's address must be ASCII; write its domain as `xn--…`")
    recipient = checked_address(order.recipient.address, "the recipient's")
    domain = headers.domain(order.mailbox)
    message_id = signer.message_id(order.ref, domain)
    lines = headers.fields(order, signer, message_id)
    raw = "".join(f"{line}\r\n" for line in lines).encode() + _body(order, message_id)
    if dkim is not None and capabilities.self_dkim:
        raw = signed(raw, dkim, domain, order.sent_date)
    verp = f"{signer.bounce_local_part(order.ref)}@{domain}"
    return Letter(
        message_id=message_id,
        subject=headers.subject(order),
        envelope_from=verp if capabilities.verp else sender,
        envelope_to=recipient,
        raw=raw,
        keeps_message_id=capabilities.keeps_message_id,
    )


def _body(order: LetterOrder, message_id: str) -> bytes:
    """The MIME part: its header fields, an empty line, the content."""
    footer = _footer(order)
    message = EmailMessage(_POLICY)
    text = "\n\n".join([order.rendered.text.rstrip(), *footer]) + "\n"
    message.set_content(text)
    if order.format == "html" and order.rendered.html is not None:
        page = _with_footer(order.rendered.html, footer)
        message.add_alternative(page, subtype="html")
        digest = hashlib.sha256(f"{message_id}\0{text}\0{page}".encode())
        message.set_boundary(f"=_{digest.hexdigest()[:40]}")
    return message.as_bytes()


def _footer(order: LetterOrder) -> list[str]:
    """What stands under every mail."""
    address = "\n".join(map(one_line, order.mailbox.postal_address.strip().splitlines()))
    return [part for part in (one_line(order.opt_out_line or ""), address) if part]


def _with_footer(page: str, footer: list[str]) -> str:
    lines = [html.escape(part).replace("\n", "<br>") for part in footer]
    added = "".join(f"<p>{line}</p>\n" for line in lines)
    end = [match.start() for match in _BODY_END.finditer(page)][-1:] or [len(page)]
    return page[: end[0]] + added + page[end[0] :]
