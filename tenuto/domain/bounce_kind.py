"""Hard, soft or block: what a bounce says of the address.

"5.x means hard" is right one time in three. The code is looked for in the diagnostic, then in
the text, then in Status (unless X.0.0: a real Exim sends 5.0.0 for an unknown user), then the
SMTP reply. Where that isn't sure, the words decide; in doubt it is soft.
"""

import re
from enum import StrEnum

from tenuto.domain.arrival import Arrival, DeliveryStatus
from tenuto.domain.phrases import any_of


class Kind(StrEnum):
    """What follows for the address."""

    #: It is dead.
    HARD = "hard"
    #: It can't take mail now.
    SOFT = "soft"
    #: We were refused; the address may be good.
    BLOCK = "block"


_HARD = {"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4"}
#: Hard only with the words for it.
_UNSURE = {"5.0.0", "5.1.0", "5.2.1", "5.3.0", "5.4.1", "5.5.0", "5.7.1", "4.1.1"}

_CODE = re.compile(r"(?<![\d.])([45]\.\d\.\d{1,3})(?![\d.]*\d)")
_OWN_PART = 8000
_REPLY = re.compile(r"(?<![\d.])([45][0-5]\d)(?=[\s-])")

#: In the tables of words: what an address may be called.
_WHO = r"\b(?:user|recipient|mailbox|address(?:ee)?|account|alias)\b"
_DEAD = any_of(
    r"""
    WHO.{0,40}(?:unknown|inactive|invalid|disabled|suspended|discontinued|no longer)
    WHO.{0,40}(?:not|n't) (?:exist|found)
    WHO.{0,40}\bnot (?:a )?(?:valid|known|active|listed|recognized|available)
    WHO.{0,40}been (?:closed|deleted|removed|disabled)
    \b(?:unknown|invalid|no such|bad|illegal|unrecognized)\b.{0,20}WHO
    \b(?:non-?existent|disabled|inactive)\b.{0,20}WHO
    \b(?:unknown|invalid|no such|bad|illegal)\b.{0,20}\b(?:domain|host|person|local)
    \b(?:unrouteable|undeliverable)\b.{0,20}(?:WHO|\bdomain)
    local part\b.{0,40}unknown
    not our customer
    (?:host|domain)\b.{0,60}(?:unknown|not found|non-?existent|(?:does not|doesn't) exist|invalid)
    (?:doesn't|does not) have an? .{0,40}(?:account|mailbox)
    isn't a valid
    no mailbox
    name (?:or service )?not (?:known|found)
    nxdomain
    no mx
    mx lookup
    not listed in
    couldn't find any host
    user doesn't
    access denied.{0,20}AS\(201806281\)
    no such (?:user|person|recipient|address|domain)
    not a known user
    unbekannt
    this (?:user|account) doesn't
    mailbox unavailable
    couldn't be found
    relay(?:ing)? (?:access )?(?:is )?(?:denied|not)
    rcpthosts
    not a relay
    name service error
    """.replace("WHO", _WHO)
)
_FULL = any_of(r"""
    (?:over|exceed\w{0,3}|full).{0,40}(?:quota|mailbox|storage|allocation|disk|space|limit)
    (?:quota|mailbox|storage|disk|allocation|inbox).{0,40}(?:full|exceed|exhaust|over|limit)
    too large
    (?:message|maximum|file).{0,12} size
    insufficient (?:disk|system|storage)
    try again later
    temporar
    timed? ?out
    connection refused
    too (?:many|big)
""")
_OURS = any_of(r"""
    \bspam
    \bspf\b
    \bdkim\b
    \bdmarc\b
    black ?list
    block ?list
    \brbl\b
    \bdnsbl\b
    spamhaus
    spamcop
    reputation
    \b(?:sender|ip|address|server|host|domain)\b.{0,30}\bblocked
    \b(?:message|mail|content|connection)\b.{0,30}\bblocked
    blocked (?:by|for|using|due|because)
    unsolicited
    \bub[ce]e?\b
    policy (?:reason|viol|restrict)
    (?:reject|refus|denied|filter).{0,40}(?:policy|content|filter|virus|administrat)
    (?:content|virus|header).{0,20}(?:reject|filter|found|detected)
    sender.{0,30}(?:reject|denied|not allowed)
    not (?:allowed|permitted) to send
    authenticat
    not authori[sz]ed
    \bphish
    \bbulk\b
    junk
    reverse dns
    \bptr\b
    does not accept mail from
""")


def kind_of(arrival: Arrival) -> Kind:
    """The kind of a bounce, by the first recipient that failed."""
    failed = next((s for s in arrival.statuses if s.action != "delayed"), None)
    diagnostic = failed.diagnostic if failed else ""
    # Mail servers wrap their lines in mid-phrase.
    words = " ".join(f"{diagnostic}\n{_own_part(arrival)}".split())
    return _judged(_code(failed, diagnostic, words), words)


def _judged(code: str, words: str) -> Kind:
    if code in _HARD:
        return Kind.HARD
    if (code in _UNSURE or not code) and _DEAD.search(words) and not _OURS.search(words):
        return Kind.SOFT if _FULL.search(words) else Kind.HARD
    if code.startswith("5.7.") or code == "5.1.8":
        return Kind.BLOCK
    if not code.startswith("4") and _OURS.search(words) and not _FULL.search(words):
        return Kind.BLOCK
    return Kind.SOFT


def _code(failed: DeliveryStatus | None, diagnostic: str, words: str) -> str:
    status = failed.status if failed and not failed.status.endswith(".0.0") else ""
    found = _CODE.search(diagnostic) or _CODE.search(words)
    if found or status:
        return found[1] if found else status
    reply = _REPLY.search(diagnostic)
    return f"{reply[1][0]}.0.0" if reply and reply[1][0] == "4" else ""


def _own_part(arrival: Arrival) -> str:
    """The bounce's own text, as far as it goes before the mail that it returns."""
    return (arrival.text or arrival.whole_text)[:_OWN_PART]
