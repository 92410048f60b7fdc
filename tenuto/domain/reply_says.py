"""What a reply says about the people: that somebody else is meant, or that somebody has left.

It only makes a note or a task for the sequence's owner. Unsure is no.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from tenuto.domain.referral_phrases import LEFT, SUPPOSED, WRONG_PERSON

#: Who says it, says it early.
_READ_MAX = 3000
_SENTENCE_MAX = 400
_REFERS_MAX = 3

#: A point inside an address ends no sentence.
_SENTENCES = re.compile(r"(?<=[.!?])\s|(?<=[\u3002\uff01\uff1f])|\n\s{0,20}\n")
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Says:
    """What a reply says besides its answer."""

    #: Whoever answers isn't the one for this.
    wrong_person: bool = False
    #: The person written to no longer works there.
    left_company: bool = False
    #: Addresses to write to instead, lower-case, in order, at most three.
    refers_to: tuple[str, ...] = ()


def says(text: str, known: Collection[str] = ()) -> Says:
    """What the sender's own words say; `known` addresses, lower-case, are no referral.

    Those are the person's and the sender's, which stand in signatures and salutations.
    """
    sentences = [_joined(each) for each in _SENTENCES.split(text[:_READ_MAX])]
    wrong = any(_states(WRONG_PERSON, each) for each in sentences)
    left = any(_states(LEFT, each) for each in sentences)
    found = dict.fromkeys(each.lower() for each in _ADDRESS.findall(text[:_READ_MAX]))
    others = tuple(each for each in found if each not in known) if wrong or left else ()
    return Says(wrong, left, others[:_REFERS_MAX])


def _joined(sentence: str) -> str:
    return " ".join(sentence.split())[:_SENTENCE_MAX]


def _states(phrases: re.Pattern[str], sentence: str) -> bool:
    """Whether it is said, and neither asked nor supposed."""
    found = phrases.search(sentence)
    asks = sentence.endswith(("?", "\uff1f"))
    return found is not None and not asks and not SUPPOSED.search(sentence[: found.start()])
