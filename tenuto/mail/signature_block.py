"""What a mail program puts under a text: the signature behind its mark, and what sent it."""

import re

from tenuto.mail.addition_phrases import CHECKED, DEVICE, SENT
from tenuto.mail.quotation import visible

_LINE_MAX = 160
_WORDS_MAX = 14

#: RFC 3676 section 4.3, with and without its space; some programs write a dash.
_MARK = re.compile(r"(?:--|__|—|––)\s{0,3}$")
_RULE = re.compile(r"[\s>]{0,20}[-_=+#*~ᐧ—–]{1,400}(?:\s[-_=+#*~—–]{1,200}){0,20}\s{0,20}$")
_UNDERSCORES = re.compile(r"_{5,200}$")

_SENT_FROM_MY = re.compile(r"\W{0,4}sent (?:from|via|by|with|using|on) (?:my|a) \S", re.IGNORECASE)
_FROM_MOBILE = re.compile(
    r"\W{0,3}(?:\w{1,20}\s)?(?:from|via) (?:my )?(?:mobile|i-?phone|i-?pad|phone)"
    r"(?: \w{1,10})?\W{0,3}$",
    re.IGNORECASE,
)
_OUTLOOK = re.compile(
    r"\boutlook\b.{0,80}\b(?:ios|android)|\b(?:ios|android).{0,30}\boutlook\b", re.IGNORECASE
)
_LINK = re.compile(r"\]?\(https?:[^\s)]{0,300}\)?|<?https?:[^\s>]{0,300}>?")


def is_mark(line: str) -> bool:
    """Whether a signature starts behind the line."""
    return _MARK.match(line) is not None


def is_rule(line: str) -> bool:
    """Whether the line is drawn, not written."""
    return len(line) <= _LINE_MAX and bool(line.strip()) and _RULE.match(line) is not None


def is_footer_rule(line: str) -> bool:
    """Whether the line is one that list servers draw above their footer."""
    return _UNDERSCORES.match(line) is not None


def is_machines(line: str) -> bool:
    """Whether the whole line is an advertisement of what sent or checked the mail."""
    plain = visible(line)
    if not plain or len(plain) > 2 * _LINE_MAX:
        return False
    bare = _LINK.sub(" ", plain).strip("<>()[]*_.\"' ")
    words = bare.split()
    if len(words) > _WORDS_MAX or len(bare) > _LINE_MAX:
        return False
    sent = SENT.search(bare) and DEVICE.search(bare)
    get = _OUTLOOK.search(bare) and len(words) <= _WORDS_MAX // 2
    return bool(
        sent or get or _SENT_FROM_MY.match(bare) or _FROM_MOBILE.match(bare) or CHECKED.search(bare)
    )
