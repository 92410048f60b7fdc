"""What a server's reply means (RFC 5321 section 4.2, RFC 3463)."""

import re
from typing import NamedTuple, Self

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})(?!\d)")
# 5.1.7 and 5.1.8 are about the sender's address; 5.1.0 is used for either, its text must tell.
_RECIPIENT_STATUS = {"5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.5", "5.1.6", "5.1.9", "5.1.10"}
_VAGUE_STATUS = {None, "5.0.0", "5.1.0"}
_UNKNOWN_USER = re.compile(
    r"""
    \b(?:unknown|invalid|no[ ]such|non-?existent)[ ]
        (?:e-?mail[ ])?(?:user|recipient|mailbox|address|account|local[ ]part)
    | \b(?:user|recipient|mailbox|address|account)\b[^.;]{0,60}
        \b(?:unknown|not[ ]found|(?:does[ ]not|doesn[’']?t)[ ]exist|not[ ]exist|no[ ]longer)\b
    | \bno[ ](?:mailbox|user)[ ](?:here|by[ ]that[ ]name)\b
    | \bunrouteable[ ]address\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ABOUT_US = re.compile(
    r"sender|relay|spam|block|black ?list|polic|denied|authenti|reputation|quota|rate",
    re.IGNORECASE,
)
# Exchange Online: `250 2.0.0 OK <…@….prod.outlook.com> [Hostname=…]`; Exchange's own queue:
# `250 2.6.0 <…> [InternalId=…, Hostname=…] Queued mail for delivery`.
_STORED = re.compile(r"(<[^<>\s@]+@[^<>\s@]+>)\s*\[(?:Hostname|InternalId)=")


class Reply(NamedTuple):
    """A reply: its code, and its text with the lines joined by newlines."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}"

    @classmethod
    def read(cls, code: int, text: str) -> Self:
        """From a server's raw words: without NULs and stray bytes, which Postgres wouldn't take."""
        clean = text.encode(errors="surrogateescape").decode(errors="replace")
        return cls(code, clean.replace("\0", "\N{REPLACEMENT CHARACTER}"))

    @property
    def positive(self) -> bool:
        return self.code // 100 == 2  # noqa: PLR2004  RFC 5321 section 4.2.1

    @property
    def temporary(self) -> bool:
        return self.code // 100 == 4  # noqa: PLR2004

    @property
    def permanent(self) -> bool:
        return self.code // 100 == 5  # noqa: PLR2004


def blames_recipient(reply: Reply) -> bool:
    """Whether a refused RCPT says that the address is dead; else the refusal is about us."""
    if not reply.permanent:
        return False
    status = _STATUS.match(reply.text.lstrip())
    if status is not None and status[0] in _RECIPIENT_STATUS:
        return True
    vague = (status[0] if status else None) in _VAGUE_STATUS and reply.code in {550, 551, 553}
    return vague and bool(_UNKNOWN_USER.search(reply.text)) and not _ABOUT_US.search(reply.text)


def stored_message_id(reply: Reply) -> str | None:
    """The Message-ID that the server gave the mail, where its reply says so."""
    found = _STORED.search(reply.text)
    return found[1] if found else None
