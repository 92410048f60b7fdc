"""Whether a block is meant for us as senders: then the next mail, to anybody, meets it too."""

import re

from tenuto.domain.arrival import Arrival
from tenuto.domain.phrases import any_of

#: Authentication (RFC 7372 and Gmail's), Microsoft's bans and throttles, a bad sender.
_CODE = re.compile(r"(?<![\d.])5\.(?:7\.(?:2\d|5\d\d|6\d\d|7\d\d)|1\.8)(?![\d.]*\d)")
_WORDS = any_of(r"""
    \b(?:spf|dkim|dmarc)\b.{0,60}(?:fail|not pass|reject|missing|unauthenticated)
    (?:fail|not pass|unauthenticated).{0,60}\b(?:spf|dkim|dmarc)\b
    \bunauthenticated (?:e-?mail|sender)
    \bbanned (?:sending|sender|ip)
    \b(?:ip|ip address|sending host|sender|domain)\b.{0,60}\b(?:black|block|deny) ?-?list
    \b(?:black|block|deny) ?-?listed\b
    \bspamhaus\b
    \b(?:poor|low|bad) (?:sender )?reputation
    \breputation of (?:the |your )?(?:ip|sender|domain|sending)
    \bsender address rejected: (?:access denied|domain)
""")
_READ_MAX = 4000


def refuses_sender(mail: Arrival) -> bool:
    """By what the server said of this recipient, or else by the notice."""
    said = " ".join(status.diagnostic for status in mail.statuses) or mail.text
    words = " ".join(said[:_READ_MAX].split())
    return bool(_CODE.search(words) or _WORDS.search(words))
