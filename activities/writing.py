"""From a claim to a letter: the version's own words, filled in for one contact."""

from functools import lru_cache

from db.claims import Claim
from tenuto.domain.ids import SendRef, TokenSigner
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


def write(claim: Claim, signer: TokenSigner, dkim: DkimKey | None, public_url: str) -> Letter:
    """The claim's letter; the same claim makes the same bytes.

    :raises InputError: when it can't be made for this contact (TemplateError among them).
    """
    seen, bundle = claim.facts, claim.facts.version.bundle
    ref = SendRef(seen.enrollment.id, seen.enrollment.current_step_index)
    message = bundle.messages[claim.step.id]
    context = Context(
        contact=seen.attributes,
        mailbox={
            "name": seen.mailbox.name,
            "address": seen.mailbox.address,
            "postal_address": seen.mailbox.postal_address,
        },
        sequence=bundle.slug,
        unsubscribe_url=headers.unsubscribe_url(public_url, signer, ref),
    )
    source = bundle.templates[message.template]
    order = LetterOrder(
        ref=ref,
        mailbox=_identity(claim),
        recipient=Recipient(seen.email, seen.attributes.get("name")),
        rendered=template.render(_parsed(message.template, source), context),
        format=message.format,
        thread=_parent(claim),
        list_unsubscribe=bundle.rules.list_unsubscribe,
        opt_out_line=bundle.rules.opt_out_line,
        public_url=public_url,
        sent_date=seen.now,
    )
    return compose(order, signer, dkim)


@lru_cache(maxsize=1000)
def _parsed(name: str, source: str) -> Template:
    return template.parse(name, source)


def _identity(claim: Claim) -> MailboxIdentity:
    mailbox = claim.facts.mailbox
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
