"""What the owner of a mailbox is told by mail."""

from collections.abc import Collection
from enum import StrEnum

from tenuto.domain.reply_says import says


class OwnerNotice(StrEnum):
    """The kinds, and why each is worth a mail."""

    #: A person answered: it's the owner's turn.
    REPLY = "reply"
    #: Nobody could tell by rule what a mail means; all of the person's waits for a decision.
    REVIEW = "review"
    #: The person is away for longer than the sequence waits, and was taken out.
    AWAY = "away_too_long"
    #: The person works there no longer, and was taken out.
    LEFT = "left_company"


#: What to say above the mail, and what to do.
HEADLINES = {
    OwnerNotice.REPLY: "answered. All that was planned for them has stopped.",
    OwnerNotice.REVIEW: "wrote something that no rule could judge. Their mails wait: look at it "
    "with `tenuto inbox show`, then `tenuto inbox assign` or `tenuto inbox dismiss`.",
    OwnerNotice.AWAY: "is away for long, and was taken out of the sequence. Enroll them again "
    "when they are back, if you still want to.",
    OwnerNotice.LEFT: "no longer works there, and was taken out of the sequence. Perhaps "
    "somebody has taken over.",
}


def remarks(own_words: str, known: Collection[str]) -> list[str]:
    """What of the words is worth a second look; `known` addresses are no referral."""
    # Quoted lines are ours.
    unquoted = [line for line in own_words.splitlines() if not line.lstrip().startswith(">")]
    said = says("\n".join(unquoted), known)
    found = []
    if said.wrong_person:
        found.append("They say that they aren't the right person.")
    if said.left_company:
        found.append("They say that somebody works there no longer.")
    if said.refers_to:
        found.append(f"They name {', '.join(said.refers_to)}.")
    return found
