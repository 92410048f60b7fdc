"""Which of our mails a mail that came in is about: clues, the surest first.

All but the last can't be guessed: they bear a token of ours, or an id that only those know whom
the mail reached. An address can be written by anybody: it comes last, and says little.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from tenuto.domain.arrival import Arrival
from tenuto.domain.errors import TokenError
from tenuto.domain.ids import Purpose, SendRef, TokenSigner


class MatchedBy(StrEnum):
    """What tied a mail to a person."""

    #: The bounce address (VERP), or that of List-Unsubscribe.
    ENVELOPE = "envelope recipient"
    #: The subject that List-Unsubscribe gives where the mailbox has no addresses for tokens.
    SUBJECT = "unsubscribe subject"
    #: The plus-tag of our Reply-To.
    REPLY_TAG = "reply tag"
    #: In-Reply-To, then References, the newest first.
    THREAD = "thread"
    #: What a bounce or a complaint returns of our mail.
    RETURNED = "returned original"
    #: From, or the recipient that a bounce names.
    ADDRESS = "address"

    @property
    def proven(self) -> bool:
        """Whether a stranger could not have written it."""
        return self is not MatchedBy.ADDRESS


@dataclass(frozen=True)
class Clue:
    """One way to find the mail; exactly one of `ref` and `message_ids` is there."""

    by: MatchedBy
    #: From a token of ours.
    ref: SendRef | None = None
    #: To be looked up: some servers replace our Message-ID by one of their own.
    message_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clues:
    """All that a mail says of what it is about."""

    #: The surest first.
    found: tuple[Clue, ...]
    #: Whose address stands in it, lower-case.
    addresses: tuple[str, ...]
    #: It came to the address of a List-Unsubscribe, or has its subject.
    to_unsubscribe: bool


def clues(mail: Arrival, signer: TokenSigner) -> Clues:
    """Read every token, forget those that aren't ours, and keep the order."""
    addressed = list(_addressed(mail.envelope.recipients, signer))
    asked = list(_asked(mail.subject, signer))
    answered = [*mail.in_reply_to, *reversed(mail.references)]
    return Clues(
        found=(
            *(Clue(MatchedBy.ENVELOPE, ref) for purpose, ref in addressed if purpose != _TAG),
            *(Clue(MatchedBy.SUBJECT, ref) for ref in asked),
            *(Clue(MatchedBy.REPLY_TAG, ref) for purpose, ref in addressed if purpose == _TAG),
            *_by_message_id(MatchedBy.THREAD, answered, signer),
            *_by_message_id(MatchedBy.RETURNED, mail.original.message_ids, signer),
            *_by_token(mail.original.tokens, signer),
        ),
        addresses=_addresses(mail),
        to_unsubscribe=bool(asked)
        or any(purpose is Purpose.UNSUBSCRIBE for purpose, _ in addressed),
    )


_TAG = Purpose.REPLY
#: `unsubscribe` and a token are 60 characters.
_SUBJECT_MAX = 200


def token_of(recipient: str, signer: TokenSigner) -> tuple[Purpose, SendRef] | None:
    """What one of our tagged addresses stands for; None for any other."""
    try:
        return signer.addressed(recipient.rpartition("@")[0])
    except TokenError:
        return None


def _addressed(recipients: Iterable[str], signer: TokenSigner) -> Iterator[tuple[Purpose, SendRef]]:
    return (named for recipient in recipients if (named := token_of(recipient, signer)))


def _asked(subject: str, signer: TokenSigner) -> Iterator[SendRef]:
    """Tokens in a subject, among words that a mail program may have put before them."""
    for word in subject[:_SUBJECT_MAX].split():
        try:
            yield signer.parse(Purpose.UNSUBSCRIBE, word)
        except TokenError:
            continue


def _by_message_id(
    by: MatchedBy, message_ids: Iterable[str], signer: TokenSigner
) -> Iterator[Clue]:
    foreign = []
    for message_id in dict.fromkeys(message_ids):
        try:
            yield Clue(by, signer.parse_message_id(message_id))
        except TokenError:
            foreign.append(message_id)
    if foreign:
        yield Clue(by, message_ids=tuple(foreign))


def _by_token(tokens: Iterable[str], signer: TokenSigner) -> Iterator[Clue]:
    for token in tokens:
        try:
            yield Clue(MatchedBy.RETURNED, signer.parse(Purpose.HEADER, token))
        except TokenError:
            continue


def _addresses(mail: Arrival) -> tuple[str, ...]:
    failed = [r for status in mail.statuses for r in status.recipients]
    return tuple(dict.fromkeys(filter(None, [*failed, *mail.named_recipients, mail.from_address])))
