"""From a claim to a letter: the version's own words, filled in for one contact."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from db.claims import Claim
from db.facts import Mailbox
from tenuto.domain.ids import SendRef, TokenSigner
from tenuto.domain.sequence import Bundle
from tenuto.mail import headers, template
from tenuto.mail.compose import compose
from tenuto.mail.letter import (
    Capabilities,
    Letter,
    LetterOrder,
    MailboxIdentity,
    Recipient,
    ThreadParent,
)
from tenuto.mail.signature import DkimKey
from tenuto.mail.template import Context, Template


@dataclass(frozen=True)
class Pen:
    """What every letter of this installation is written with."""

    signer: TokenSigner
    dkim: DkimKey | None
    #: Where unsubscribe links lead.
    public_url: str


@dataclass(frozen=True)
class Addressee:
    """For whom, and from whom."""

    email: str
    attributes: Mapping[str, str]
    mailbox: Mailbox


def write(claim: Claim, pen: Pen) -> Letter:
    """The claim's letter; the same claim makes the same bytes.

    :raises InputError: when it can't be made for this contact (TemplateError among them).
    """
    seen = claim.facts
    ref = SendRef(seen.enrollment.id, seen.enrollment.current_step_index)
    to = Addressee(seen.email, seen.attributes, seen.mailbox)
    return letter(seen.version.bundle, claim.step.id, ref, to, seen.now, pen, _parent(claim))


def letter(
    bundle: Bundle,
    step_id: str,
    ref: SendRef,
    to: Addressee,
    at: datetime,
    pen: Pen,
    parent: ThreadParent | None = None,
) -> Letter:
    """One step's letter, as `write`; for a claim, a test send, or to look at."""
    message = bundle.messages[step_id]
    context = Context(
        contact={**to.attributes, "email": to.email},
        mailbox={
            "name": to.mailbox.name,
            "address": to.mailbox.address,
            "postal_address": to.mailbox.postal_address,
        },
        sequence=bundle.slug,
        unsubscribe_url=headers.unsubscribe_url(pen.public_url, pen.signer, ref),
    )
    source = bundle.templates[message.template]
    order = LetterOrder(
        ref=ref,
        mailbox=_identity(to.mailbox),
        recipient=Recipient(to.email, to.attributes.get("name")),
        rendered=template.render(_parsed(message.template, source), context),
        format=message.format,
        thread=parent,
        list_unsubscribe=bundle.rules.list_unsubscribe,
        opt_out_line=bundle.rules.opt_out_line,
        public_url=pen.public_url,
        sent_date=at,
    )
    return compose(order, pen.signer, pen.dkim)


@lru_cache(maxsize=1000)
def _parsed(name: str, source: str) -> Template:
    return template.parse(name, source)


def _identity(mailbox: Mailbox) -> MailboxIdentity:
    capabilities = Capabilities(
        verp=mailbox.verp,
        keeps_message_id=mailbox.keeps_message_id,
        reply_tag=mailbox.reply_tag,
        self_dkim=mailbox.self_dkim,
    )
    return MailboxIdentity(mailbox.address, mailbox.name, mailbox.postal_address, capabilities)


def _parent(claim: Claim) -> ThreadParent | None:
    if not claim.thread:
        return None
    # The first subject names the thread: later ones are answers to it already.
    return ThreadParent(tuple(m for m, _ in claim.thread), claim.thread[0][1])
